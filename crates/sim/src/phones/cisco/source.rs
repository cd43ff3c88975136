//! Where the address of a file server can come from, as scenario files say it.

use std::net::Ipv4Addr;

use serde::Deserialize;

use super::net::Source;

/// The name that is asked for when nobody tells of a file server.
const LAST_HOPE: &str = "CiscoCM1";

/// Where a file server's address can come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ServerSource {
    /// Set by hand in the phone.
    Alternate,
    /// DHCP option 150, a list of addresses.
    Option150,
    /// DHCP option 66, a name or an address in text.
    Option66,
    /// The next-server field of the DHCP header.
    Siaddr,
}

/// All of them, what was set by hand first.
pub(crate) fn usual_order() -> Vec<ServerSource> {
    vec![ServerSource::Alternate, ServerSource::Option150, ServerSource::Option66, ServerSource::Siaddr]
}

/// What a phone believes that has this alternate server, in this order.
pub(crate) fn sources(order: &[ServerSource], alternate: Option<Ipv4Addr>) -> Vec<Source> {
    let believed = order.iter().filter_map(|source| match source {
        ServerSource::Alternate => alternate.map(Source::Fixed),
        ServerSource::Option150 => Some(Source::Option150),
        ServerSource::Option66 => Some(Source::Option66),
        ServerSource::Siaddr => Some(Source::Siaddr),
    });
    believed.chain([Source::Name(LAST_HOPE.to_owned())]).collect()
}
