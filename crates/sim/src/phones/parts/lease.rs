//! A phone's DHCP: what it says of itself, put in order.

use std::time::Duration;

use proto::Mac;
use proto::dhcp::client::{Mode, Settings, Templates};
use proto::dhcp::option::code;
use proto::dhcp::packet::ETHERNET;
use proto::dhcp::{DhcpOption, MessageType, Options};

/// A client that says these options and asks for those.
pub(crate) fn settings(mac: Mac, xid: u32, says: &[DhcpOption], asks: &[u8]) -> Settings {
    let kind = MessageType::Discover.option();
    let server = DhcpOption::raw(code::SERVER_ID, []);
    let wished = DhcpOption::raw(code::REQUESTED_ADDRESS, []);
    let client = DhcpOption::raw(code::CLIENT_ID, [&[ETHERNET][..], &mac.0].concat());
    let list = DhcpOption::raw(code::PARAMETER_REQUEST_LIST, asks);
    let order = |before: &[&DhcpOption], after: &[&DhcpOption]| -> Options {
        before.iter().copied().chain(says).chain(after.iter().copied()).cloned().collect()
    };
    let templates = Templates {
        discover: order(&[&kind, &client], &[&list]),
        request: order(&[&kind, &client, &wished, &server], &[&list]),
        decline: order(&[&kind, &client, &wished, &server], &[]),
    };
    let mode = Mode::Lease {
        check: Duration::ZERO,
        first_retry: Duration::from_secs(4),
        longest_retry: Duration::from_secs(64),
    };
    Settings { mac, xid, broadcast: true, templates, mode }
}
