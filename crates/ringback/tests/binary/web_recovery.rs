//! A phone without firmware on one end of a cable, the bench on the other: its recovery page over real TCP, with
//! the one-segment rule of its small server.

use std::time::Duration;

use sim::firmware::st::{StSpec, st};

use crate::support::{Net, Running, Scratch, ringback};

const MAC: &str = "00:08:5d:19:e4:01";
const LOAD: &str = "3.3.1.4365";
/// A whole recovery, on the slowest machine.
const LONG: Duration = Duration::from_secs(180);

/// Recovers a 6757i whose page is written like this; answers what the bench said and what the phone noted.
fn recovered(page: &str) -> Option<(String, String)> {
    let net = Net::pair()?;
    let scratch = Scratch::new();
    let (state, other, folder) = (scratch.folder("state"), scratch.folder("phone"), scratch.folder("firmware"));
    let image = StSpec { model: "57i".to_owned(), version: LOAD.to_owned(), size: 300_000 };
    std::fs::write(folder.join("57i.st"), st(&image)).unwrap();
    let mut command = ringback(&state);
    command.args(["run", "--iface", &net.iface(0), "--plain", "--probe-seconds", "1", "--stop-after", "1"]);
    command.args(["--procedure", "web-recovery", "--add"]).arg(&folder);
    let mut bench = Running::start(net.inside(0, &command));
    bench.line(&["ready"]);
    let mut command = ringback(&other);
    command.args(["simulate", "--iface", &net.iface(1), "--mac", MAC, "--model", "6757i", "--wiped"]);
    command.args(["--page", page, "--faster", "60", "--until-load", LOAD, "--linger", "90", "--seconds", "170"]);
    let mut phone = Running::start(net.inside(1, &command));
    let (status, said) = bench.end_within(LONG);
    phone.kill();
    assert_eq!(status.code(), Some(0), "{said}\n{}", phone.text());
    assert!(!net.addresses(0).contains('.'), "every address is taken back: {}", net.addresses(0));
    Some((said, phone.text()))
}

#[test]
fn a_6757i_without_firmware_is_recovered_through_its_page() {
    let Some((said, noted)) = recovered("plain") else { return };
    assert!(said.contains("RECOVERED"), "{said}");
    assert!(noted.contains("writes firmware 3.3.1.4365"), "{noted}");
}

#[test]
fn a_page_that_refuses_the_first_form_is_sent_it_again() {
    let Some((said, noted)) = recovered("reload") else { return };
    assert!(said.contains("RECOVERED") && said.contains("Invalid Parameters"), "{said}");
    assert_eq!(noted.matches("is told to fetch").count(), 1, "{noted}");
}
