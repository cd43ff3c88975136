//! A query, and its answer.

use std::fmt;
use std::net::Ipv4Addr;

use simple_dns::rdata::{A, PTR, RData, SRV, TXT};
use simple_dns::{CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, ResourceRecord, TYPE};

/// Why bytes are no query that can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// They are no DNS message.
    NotDns,
    /// It is an answer, or something else than a standard query.
    NotAQuery,
    /// It asks for nothing, or for several things at once.
    Questions(usize),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::NotDns => f.write_str("not a DNS message"),
            Malformed::NotAQuery => f.write_str("not a query"),
            Malformed::Questions(n) => write!(f, "{n} questions in one message"),
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// A name for an address, or the instances of a service.
    Ptr,
    /// Host and port of a service.
    Srv,
    /// Which protocols a service speaks.
    Naptr,
    /// Text.
    Txt,
    /// Anything that there is.
    Any,
    /// Another type, by its number.
    Other(u16),
}

impl Kind {
    /// Its name as in zone files.
    pub fn name(self) -> String {
        match self {
            Kind::A => "A".to_owned(),
            Kind::Aaaa => "AAAA".to_owned(),
            Kind::Ptr => "PTR".to_owned(),
            Kind::Srv => "SRV".to_owned(),
            Kind::Naptr => "NAPTR".to_owned(),
            Kind::Txt => "TXT".to_owned(),
            Kind::Any => "ANY".to_owned(),
            Kind::Other(number) => format!("TYPE{number}"),
        }
    }
}

impl From<QTYPE> for Kind {
    fn from(of: QTYPE) -> Kind {
        match of {
            QTYPE::TYPE(TYPE::A) => Kind::A,
            QTYPE::TYPE(TYPE::AAAA) => Kind::Aaaa,
            QTYPE::TYPE(TYPE::PTR) => Kind::Ptr,
            QTYPE::TYPE(TYPE::SRV) => Kind::Srv,
            QTYPE::TYPE(TYPE::NAPTR) => Kind::Naptr,
            QTYPE::TYPE(TYPE::TXT) => Kind::Txt,
            QTYPE::ANY => Kind::Any,
            other => Kind::Other(other.into()),
        }
    }
}

/// A query with its one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its number.
    pub id: u16,
    /// The name asked for, without the last dot, as it was written.
    pub name: String,
    /// What is asked about it.
    pub kind: Kind,
    /// Whether the asker wants the answer to itself and not to its group (RFC 6762 §5.4).
    pub unicast: bool,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Records, and more that help: for how many seconds they hold is each record's own.
    Records(Vec<Record>, Vec<Record>),
    /// The name is there, and nothing of this kind.
    Nothing,
    /// There is no such name.
    NoName,
    /// This is not answered to the asker.
    Refused,
}

/// A record that can be answered; names without the last dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// Name, address.
    A(String, Ipv4Addr),
    /// Service, instance.
    Ptr(String, String),
    /// Instance, host, port.
    Srv(String, String, u16),
    /// Instance, `key=value` each.
    Txt(String, Vec<String>),
}

/// How long answers hold, seconds: a phone moves on to its own network soon.
const TTL: u32 = 60;

impl Query {
    /// Reads a query.
    pub fn parse(bytes: &[u8]) -> Result<Query, Malformed> {
        let packet = Packet::parse(bytes).map_err(|_| Malformed::NotDns)?;
        if packet.has_flags(PacketFlag::RESPONSE) || packet.opcode() != OPCODE::StandardQuery {
            return Err(Malformed::NotAQuery);
        }
        let [question] = packet.questions.as_slice() else {
            return Err(Malformed::Questions(packet.questions.len()));
        };
        Ok(Query {
            id: packet.id(),
            name: question.qname.to_string(),
            kind: Kind::from(question.qtype),
            unicast: question.unicast_response,
        })
    }

    /// The answer's bytes. `multicast` leaves the question and the number out (RFC 6762 §6).
    pub fn answer(&self, answer: &Answer, multicast: bool) -> Option<Vec<u8>> {
        let mut packet = Packet::new_reply(if multicast { 0 } else { self.id });
        packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
        let type_of = |kind: Kind| match kind {
            Kind::A => TYPE::A.into(),
            Kind::Aaaa => TYPE::AAAA.into(),
            Kind::Ptr => TYPE::PTR.into(),
            Kind::Srv => TYPE::SRV.into(),
            Kind::Naptr => TYPE::NAPTR.into(),
            Kind::Txt => TYPE::TXT.into(),
            Kind::Any => QTYPE::ANY,
            Kind::Other(number) => QTYPE::try_from(number).unwrap_or(QTYPE::ANY),
        };
        if !multicast {
            packet.set_flags(PacketFlag::RECURSION_AVAILABLE | PacketFlag::RECURSION_DESIRED);
            let name = Name::new(&self.name).ok()?.into_owned();
            packet.questions.push(Question::new(name, type_of(self.kind), QCLASS::CLASS(CLASS::IN), false));
        }
        match answer {
            Answer::Records(these, more) => {
                for record in these {
                    packet.answers.push(resource(record, multicast)?);
                }
                for record in more {
                    packet.additional_records.push(resource(record, multicast)?);
                }
            }
            Answer::Nothing => {}
            Answer::NoName => *packet.rcode_mut() = RCODE::NameError,
            Answer::Refused => *packet.rcode_mut() = RCODE::Refused,
        }
        packet.build_bytes_vec().ok()
    }

    /// The bytes of this query, as a phone sends it.
    pub fn emit(&self) -> Option<Vec<u8>> {
        let mut packet = Packet::new_query(self.id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let kind = match self.kind {
            Kind::A => TYPE::A,
            Kind::Aaaa => TYPE::AAAA,
            Kind::Ptr => TYPE::PTR,
            Kind::Srv => TYPE::SRV,
            Kind::Naptr => TYPE::NAPTR,
            _ => TYPE::TXT,
        };
        let name = Name::new(&self.name).ok()?;
        packet.questions.push(Question::new(name, kind.into(), QCLASS::CLASS(CLASS::IN), self.unicast));
        packet.build_bytes_vec().ok()
    }
}

/// The addresses in an answer's bytes, for whoever asked; none when they are no answer.
pub fn addresses(bytes: &[u8]) -> Option<Vec<Ipv4Addr>> {
    let packet = Packet::parse(bytes).ok().filter(|p| p.has_flags(PacketFlag::RESPONSE))?;
    let all = packet.answers.iter().chain(&packet.additional_records);
    let found = all.filter_map(|r| match &r.rdata {
        RData::A(a) => Some(Ipv4Addr::from(a.address)),
        _ => None,
    });
    Some(found.collect())
}

fn resource(record: &Record, flush: bool) -> Option<ResourceRecord<'static>> {
    let name = |text: &str| Name::new(text).ok().map(Name::into_owned);
    let (of, data) = match record {
        Record::A(of, address) => (of, RData::A(A { address: u32::from(*address) })),
        Record::Ptr(of, to) => (of, RData::PTR(PTR(name(to)?))),
        Record::Srv(of, host, port) => {
            (of, RData::SRV(SRV { priority: 0, weight: 0, port: *port, target: name(host)? }))
        }
        Record::Txt(of, texts) => {
            let mut txt = TXT::new();
            for text in texts {
                txt.add_string(text).ok()?;
            }
            (of, RData::TXT(txt.into_owned()))
        }
    };
    // Records that are one's own alone replace what others remember; several servers share a PTR.
    let own = flush && !matches!(record, Record::Ptr(..));
    Some(ResourceRecord::new(name(of)?, CLASS::IN, TTL, data.into_owned()).with_cache_flush(own))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `dig A prov.example.com`, as it goes over the wire.
    const ASKED: &[u8] =
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04prov\x07example\x03com\x00\x00\x01\x00\x01";

    #[test]
    fn a_name_leads_to_an_address() {
        let query = Query::parse(ASKED).unwrap();
        assert_eq!((query.id, query.name.as_str(), query.kind), (0x1234, "prov.example.com", Kind::A));
        let here = Ipv4Addr::new(10, 0, 0, 1);
        let bytes = query.answer(&Answer::Records(vec![Record::A(query.name.clone(), here)], vec![]), false).unwrap();
        assert_eq!(&bytes[..4], b"\x12\x34\x85\x80", "an answer to this question, by one who knows");
        assert_eq!(addresses(&bytes), Some(vec![here]));
        let bytes = query.answer(&Answer::NoName, false).unwrap();
        assert_eq!(bytes[3] & 0x0f, 3);
        assert_eq!(Query::parse(&bytes), Err(Malformed::NotAQuery));
        assert_eq!(Query::parse(b"hello"), Err(Malformed::NotDns));
    }

    #[test]
    fn a_group_is_answered_without_question_and_number() {
        let query = Query { id: 0, name: "_aastra-cfg._tcp.local".to_owned(), kind: Kind::Ptr, unicast: false };
        assert_eq!(Query::parse(&query.emit().unwrap()).unwrap(), query);
        let instance = format!("Ringback.{}", query.name);
        let more = vec![
            Record::Srv(instance.clone(), "ringback.local".into(), 69),
            Record::Txt(instance.clone(), vec!["protocol=tftp".into()]),
            Record::A("ringback.local".into(), Ipv4Addr::new(10, 0, 0, 1)),
        ];
        let bytes =
            query.answer(&Answer::Records(vec![Record::Ptr(query.name.clone(), instance)], more), true).unwrap();
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!((packet.id(), packet.questions.len(), packet.answers.len()), (0, 0, 1));
        assert_eq!(packet.additional_records.len(), 3);
        assert!(!packet.answers[0].cache_flush && packet.additional_records[0].cache_flush);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(query) = Query::parse(&bytes) {
                let _ = query.answer(&Answer::Nothing, false);
            }
            let _ = addresses(&bytes);
        }

        #[test]
        fn nor_do_changed_ones(at in 0..ASKED.len(), to in any::<u8>()) {
            let mut bytes = ASKED.to_vec();
            bytes[at] = to;
            if let Ok(query) = Query::parse(&bytes) {
                let _ = query.answer(&Answer::Refused, true);
            }
        }
    }
}
