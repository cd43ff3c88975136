//! Asking the link for a provisioning server by SIP: SUBSCRIBE to a group, and the NOTIFY that comes back
//! (RFC 3265, RFC 6080).

use std::net::{Ipv4Addr, SocketAddrV4};

use proto::Mac;

/// Where the question goes.
pub(super) const GROUP: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(224, 0, 1, 75), 5060);

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asker<'a> {
    pub(super) mac: Mac,
    pub(super) address: SocketAddrV4,
    pub(super) model: &'a str,
    pub(super) user_agent: String,
    pub(super) version: &'a str,
    /// The MAC's user is `MAC%3a…` and the vendor is written with a capital, as releases from V85 on have it.
    pub(super) new: bool,
    /// A number by which the answers are known.
    pub(super) call: u64,
}

impl Asker<'_> {
    pub(super) fn call_id(&self) -> String {
        format!("{}@{}", self.call, self.address.ip())
    }

    /// The question.
    pub(super) fn subscribe(&self) -> Vec<u8> {
        let user = format!("MAC{}{}", if self.new { "%3a" } else { "" }, self.mac.bare_lower());
        let uri = format!("<sip:{user}@224.0.1.75>");
        let vendor = if self.new { "Yealink" } else { "yealink" };
        let lines = [
            format!("SUBSCRIBE sip:{user}@224.0.1.75 SIP/2.0"),
            format!("Via: SIP/2.0/UDP {};branch=z9hG4bK{}", self.address, self.call),
            format!("From: {uri};tag={}", self.call),
            format!("To: {uri}"),
            format!("Call-ID: {}", self.call_id()),
            "CSeq: 1 SUBSCRIBE".to_owned(),
            format!("Contact: <sip:{user}@{}>", self.address),
            "Max-Forwards: 70".to_owned(),
            format!("User-Agent: {}", self.user_agent),
            "Expires: 0".to_owned(),
            format!(
                "Event: ua-profile;profile-type=\"device\";vendor=\"{vendor}\";model=\"{}\";version=\"{}\"",
                self.model, self.version
            ),
            "Accept: application/url".to_owned(),
            "Content-Length: 0".to_owned(),
        ];
        format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
    }
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The question was heard.
    Accepted,
    /// Where to go, and what to say to who told it.
    Notified { url: String, reply: Vec<u8> },
    /// A message of this conversation that makes no sense, and why.
    Odd(&'static str),
}

/// Reads a message; `None`: it belongs to no question of this phone's.
pub(super) fn read(call_id: &str, bytes: &[u8]) -> Option<Heard> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let first = lines.next()?;
    let fields: Vec<(String, &str)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
        .collect();
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| *value);
    if field("call-id").or_else(|| field("i"))? != call_id {
        return None;
    }
    if first.starts_with("SIP/2.0 ") {
        let good = first.starts_with("SIP/2.0 200");
        return Some(if good { Heard::Accepted } else { Heard::Odd("the question was refused") });
    }
    if !first.starts_with("NOTIFY ") {
        return None;
    }
    let kind = field("content-type").or_else(|| field("c")).unwrap_or_default();
    let length = field("content-length").or_else(|| field("l")).and_then(|l| l.parse().ok());
    let event = field("event").or_else(|| field("o")).unwrap_or_default();
    if !event.starts_with("ua-profile") {
        return Some(Heard::Odd("its event is not ua-profile"));
    }
    if !kind.eq_ignore_ascii_case("application/url") {
        return Some(Heard::Odd("its body is no URL"));
    }
    if length != Some(body.len()) || field("subscription-state").is_none() {
        return Some(Heard::Odd("its length or its state is missing or wrong"));
    }
    let echoed = ["via", "from", "to", "call-id", "cseq"].map(|name| field(name).map(|v| (name, v)));
    let mut reply = String::from("SIP/2.0 200 OK\r\n");
    for (name, value) in echoed.into_iter().flatten() {
        reply += &format!("{name}: {value}\r\n");
    }
    reply += "Content-Length: 0\r\n\r\n";
    Some(Heard::Notified { url: body.to_owned(), reply: reply.into_bytes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker() -> Asker<'static> {
        Asker {
            mac: Mac([0, 0x15, 0x65, 0x11, 0x22, 0x33]),
            address: SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 5), 5059),
            model: "T46G",
            user_agent: "Yealink SIP-T46G 28.80.0.95".into(),
            version: "28.80.0.95",
            new: false,
            call: 77,
        }
    }

    #[test]
    fn the_question_is_shaped_as_captured_ones() {
        let text = String::from_utf8(asker().subscribe()).unwrap();
        assert!(text.starts_with("SUBSCRIBE sip:MAC001565112233@224.0.1.75 SIP/2.0\r\n"), "{text}");
        assert!(text.contains("Event: ua-profile;profile-type=\"device\";vendor=\"yealink\";model=\"T46G\""), "{text}");
        assert!(text.ends_with("Content-Length: 0\r\n\r\n"));
    }

    #[test]
    fn only_a_sound_notify_is_followed() {
        let notify = "NOTIFY sip:MAC001565112233@10.0.0.5:5059 SIP/2.0\r\nVia: v\r\nFrom: f\r\nTo: t\r\nCall-ID: 77@10.0.0.5\r\n\
            CSeq: 2 NOTIFY\r\nEvent: ua-profile\r\nSubscription-State: terminated;reason=timeout\r\n\
            Content-Type: application/url\r\nContent-Length: 15\r\n\r\nhttp://10.0.0.1";
        let heard = |text: &str| read("77@10.0.0.5", text.as_bytes());
        assert!(matches!(heard(notify), Some(Heard::Notified { url, .. }) if url == "http://10.0.0.1"));
        for (from, to) in [("ua-profile", "presence"), ("application/url", "text/plain"), ("Length: 15", "Length: 16")]
        {
            assert!(matches!(heard(&notify.replace(from, to)), Some(Heard::Odd(_))), "{to}");
        }
        assert_eq!(heard(&notify.replace("77@", "78@")), None);
        assert_eq!(heard("SIP/2.0 200 OK\r\nCall-ID: 77@10.0.0.5\r\n\r\n"), Some(Heard::Accepted));
        assert_eq!(heard("nonsense"), None);
    }
}
