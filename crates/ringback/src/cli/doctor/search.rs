//! Another DHCP server on the phone's cable: asked for as a bench does before it serves, and never accepted.
//!
//! Only on an interface that is fit for phones: on others a question would reach somebody's network.

use std::net::Ipv4Addr;
use std::time::Duration;

use bench::{Bench, Config, Input, Output, Seen};
use profile::Profiles;

use super::{Check, How};
use crate::host::interfaces::Interface;
use crate::io::clock::Clock;
use crate::io::link::Link;
use crate::io::poller::Poller;

pub(super) fn other_servers(interface: &Interface, seconds: f64) -> Check {
    if !interface.up || interface.carrier == Some(false) {
        let says = format!("{} has no link: other DHCP servers cannot be looked for", interface.name);
        return Check::of("other-dhcp", How::Unknown, "RB101", says);
    }
    match ask(interface, seconds) {
        Ok(found) if found.is_empty() => {
            Check::good("other-dhcp", format!("no other DHCP server answered on {} in {seconds} s", interface.name))
        }
        Ok(found) => {
            let says = format!("another DHCP server is on {}: {}", interface.name, found.join("; "));
            Check::of("other-dhcp", How::Bad, "RB101", says)
                .remedy("Connect the phone to this computer alone, or use `ringback run --coexist`.")
        }
        Err(error) => {
            let says = format!("other DHCP servers on {} cannot be looked for: {error}", interface.name);
            Check::of("other-dhcp", How::Unknown, "RB501", says)
        }
    }
}

/// A bench that only searches: nothing but its questions goes out, and it is over before it would serve.
fn ask(interface: &Interface, seconds: f64) -> std::io::Result<Vec<String>> {
    let link = Link::open_station(&interface.name)?;
    let clock = Clock::start();
    let server = Ipv4Addr::new(0, 0, 0, 1);
    let mut config = Config::new(server, 24);
    config.mac = interface.mac.unwrap_or_default();
    config.pool = Some((Ipv4Addr::new(0, 0, 0, 2), Ipv4Addr::new(0, 0, 0, 3)));
    config.frames = true;
    config.probe = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(4));
    config.seed = clock.wall_ms();
    let end = clock.now() + config.probe;
    let mut bench = Bench::new(clock.now(), config, Profiles::built_in().0, Vec::new());
    let poller = Poller::new()?;
    poller.add(&link, 1)?;
    let (mut found, mut ready, mut buffer) = (Vec::new(), Vec::new(), vec![0u8; 2_048]);
    loop {
        let wake = loop {
            match bench.poll_output() {
                Output::Frame(frame) => link.send(&frame)?,
                Output::Journal(observation) => {
                    if let Seen::ForeignDhcp { server, mac, offered, tftp } = observation.seen {
                        let tftp = tftp.map_or_else(String::new, |t| format!(", and names {t} as the TFTP server"));
                        let line = format!("{server} ({mac}) offered {offered}{tftp}");
                        if !found.contains(&line) {
                            found.push(line);
                        }
                    }
                }
                Output::Timeout { at, .. } => break at.min(end),
                _ => {}
            }
        };
        let now = clock.now();
        if now >= end || !found.is_empty() {
            return Ok(found);
        }
        poller.wait(Some(wake.since(now)), &mut ready)?;
        while let Some(received) = link.recv(&mut buffer)? {
            let frame = buffer.get(..received.len).unwrap_or_default();
            bench.handle_input(clock.now(), Input::Frame { bytes: frame, vlan: received.vlan });
        }
        bench.handle_input(clock.now().min(end), Input::Timeout);
    }
}
