//! `ringback web-recover`: the bench, set to reload phones' firmware by their recovery page.

use std::net::Ipv4Addr;

use clap::Args;
use proto::Mac;

use super::run::{RunArgs, run_with};
use crate::trouble::Trouble;

/// The procedure's id in every family that has such a page.
const PROCEDURE: &str = "web-recovery";

/// Reload the firmware of phones that show a recovery page, without a browser
///
/// Finds the phones by DHCP, by ARP, or at the address on a screen; fills in their page, serves the file, and watches
/// it being fetched, written and started. As many phones at once as there are on the cable.
#[derive(Args)]
pub(crate) struct WebRecoverArgs {
    /// The address on the phone's screen, when the phone is not found by itself
    #[arg(long, value_name = "ADDR")]
    address: Option<String>,
    /// The phone's Ethernet address, as on its label, when nothing is heard of it: what becomes of it is kept then
    #[arg(long, value_name = "MAC")]
    phone: Option<Mac>,
    /// The model, for phones that do not say it
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The administrator's password, where it is known
    #[arg(long, value_name = "PASSWORD")]
    password: Option<String>,
    #[command(flatten)]
    run: RunArgs,
}

pub(super) fn run(args: &WebRecoverArgs) -> super::Result {
    let address = args.address.as_deref().map(read).transpose()?;
    run_with(&args.run, |config| {
        config.procedure = Some(PROCEDURE.to_owned());
        config.phone_at = address;
        config.phone = args.phone;
        config.model.clone_from(&args.model);
        config.password.clone_from(&args.password);
    })
}

/// The address as a screen shows it: alone, or as `http://169.254.168.234/`.
fn read(text: &str) -> super::Result<Ipv4Addr> {
    let bare = text.trim().trim_start_matches("http://").trim_end_matches('/');
    bare.parse::<Ipv4Addr>().ok().filter(|a| !a.is_unspecified() && !a.is_broadcast() && !a.is_multicast()).ok_or_else(
        || {
            let what = format!("`{bare}` is no whole address: what the phone has stored is damaged, or cut on its screen");
            let remedy = "Leave --address out. Unplug the phone, put its cable into the bench, and start it with 1 and # \
                          held: it then gets an address from the bench, or is found by its own.";
            Trouble::new("RB128", what, remedy).into()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_screens_show_them() {
        for text in ["169.254.168.234", "http://169.254.168.234/"] {
            assert_eq!(read(text).unwrap(), Ipv4Addr::new(169, 254, 168, 234));
        }
        let error = read("http://192.168.6/").unwrap_err().to_string();
        assert!(error.contains("RB128") && error.contains("192.168.6"), "{error}");
    }
}
