//! What a phone says of itself in DHCP, in its order, and how patient it is.

use std::time::Duration;

use proto::dhcp::client::{Mode, Settings, Templates};
use proto::dhcp::option::code;
use proto::dhcp::packet::ETHERNET;
use proto::dhcp::{Client, DhcpOption, MessageType, Options};
use proto::{Mac, Time};

/// The options that every phone's messages have; those without a value are filled in as they are sent.
pub(crate) struct Usual {
    pub(crate) kind: DhcpOption,
    pub(crate) server: DhcpOption,
    pub(crate) wished: DhcpOption,
    pub(crate) client: DhcpOption,
}

impl Usual {
    pub(crate) fn of(mac: Mac) -> Usual {
        Usual {
            kind: MessageType::Discover.option(),
            server: DhcpOption::raw(code::SERVER_ID, []),
            wished: DhcpOption::raw(code::REQUESTED_ADDRESS, []),
            client: DhcpOption::raw(code::CLIENT_ID, [&[ETHERNET][..], &mac.0].concat()),
        }
    }
}

/// The messages of a phone that says these options, and asks for those with its last one.
pub(crate) fn plain(mac: Mac, says: &[DhcpOption], asks: &[u8]) -> Templates {
    let Usual { kind, server, wished, client } = Usual::of(mac);
    let list = DhcpOption::raw(code::PARAMETER_REQUEST_LIST, asks);
    let order = |before: &[&DhcpOption], after: &[&DhcpOption]| -> Options {
        before.iter().copied().chain(says).chain(after.iter().copied()).cloned().collect()
    };
    Templates {
        discover: order(&[&kind, &client], &[&list]),
        request: order(&[&kind, &client, &wished, &server], &[&list]),
        decline: order(&[&kind, &client, &wished, &server], &[]),
    }
}

/// A client that begins now. Phones do not look whether somebody else has their address.
pub(crate) fn client(now: Time, mac: Mac, xid: u32, templates: Templates) -> Client {
    let mode = Mode::Lease {
        check: Duration::ZERO,
        first_retry: Duration::from_secs(4),
        longest_retry: Duration::from_secs(64),
    };
    let mut client = Client::new(Settings { mac, xid, broadcast: true, templates, mode });
    client.start(now);
    client
}
