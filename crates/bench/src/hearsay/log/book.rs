//! What lines say, put together: who asked, for what, and how it ended. Lines often name only a part of it.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;

use profile::Profiles;
use proto::{Mac, Time};

use super::{Heard, Said};
use crate::hearsay::{By, is_a_phones};
use crate::observe::{Layer, Seen, Via};
use crate::session::same_name;

/// Requests whose end is still to come.
const OPEN: usize = 1_024;
/// Clients whose words wait for their message.
const CLIENTS: usize = 256;

/// A request.
#[derive(Clone, Debug)]
struct Open {
    by: By,
    name: String,
    key: Option<u64>,
    /// The server says how each one ended; where it does not, silence means that all went well.
    told_at_end: bool,
    at: Time,
}

/// The book.
#[derive(Debug, Default)]
pub(super) struct Book {
    open: VecDeque<Open>,
    /// Who connected last.
    last: Option<Ipv4Addr>,
    /// Who asked for an address last.
    last_client: Option<Mac>,
    offered: Option<Ipv4Addr>,
    clients: BTreeMap<u32, (Option<String>, Option<String>)>,
}

impl Book {
    /// Enters what a line says.
    pub(super) fn enter(&mut self, now: Time, said: Said, profiles: &Profiles, out: &mut Vec<Heard>) {
        match said {
            Said::Nothing => {}
            Said::Client { id, vendor_class, host_name } => self.client(id, vendor_class, host_name),
            Said::Dhcp { mac, kind, id } => {
                self.last_client = Some(mac);
                let (vendor_class, host_name) = id.and_then(|id| self.clients.get(&id).cloned()).unwrap_or_default();
                let kind = kind.to_owned();
                let seen = Seen::Dhcp { kind, vendor_class, wants: Vec::new(), host_name, address: None };
                out.push(Heard { by: By::Mac(mac), seen });
            }
            Said::Offered { mac, address } => {
                self.offered = Some(address);
                let Some(mac) = mac.or(self.last_client) else { return };
                out.push(Heard { by: By::Mac(mac), seen: Seen::DhcpOffered { address } });
            }
            Said::Gave { mac, address } => {
                let (Some(mac), Some(address)) = (mac.or(self.last_client), address.or(self.offered)) else { return };
                out.push(Heard { by: By::Mac(mac), seen: Seen::DhcpBound { address } });
            }
            Said::Nak { mac } => out.push(Heard { by: By::Mac(mac), seen: Seen::DhcpNak }),
            Said::From { address } => self.last = Some(address),
            Said::Asked { from, name, key, told_at_end } => self.asked(now, from, name, key, told_at_end, out),
            Said::Sent { to, name, key, bytes, repeats } => {
                let Some(open) = self.close(now, to, name.as_deref(), key, profiles, out) else { return };
                let millis = u64::try_from(now.since(open.at).as_millis()).unwrap_or(u64::MAX);
                served(&open, bytes, out);
                out.push(Heard { by: open.by, seen: Seen::FileDone { name: open.name, bytes, millis, repeats } });
            }
            Said::Refused { to, name, key, code, why } => {
                let Some(open) = self.close(now, to, name.as_deref(), key, profiles, out) else { return };
                let code = code.to_owned();
                out.push(Heard { by: open.by, seen: Seen::FileRefused { name: open.name, code, why } });
            }
            Said::Failed { to, name, key, why } => {
                let Some(open) = self.close(now, to, name.as_deref(), key, profiles, out) else { return };
                served(&open, 0, out);
                out.push(Heard { by: open.by, seen: Seen::FileFailed { name: open.name, bytes: 0, why } });
            }
        }
    }

    /// The log is over: what was asked for last is on its way, where the server says nothing of good ends.
    pub(super) fn end(&mut self, out: &mut Vec<Heard>) {
        for open in self.open.drain(..).filter(|o| !o.told_at_end) {
            served(&open, 0, out);
        }
    }

    fn client(&mut self, id: u32, vendor_class: Option<String>, host_name: Option<String>) {
        if self.clients.len() >= CLIENTS && !self.clients.contains_key(&id) {
            self.clients.pop_first();
        }
        let client = self.clients.entry(id).or_default();
        client.0 = vendor_class.or(client.0.take());
        client.1 = host_name.or(client.1.take());
    }

    fn asked(
        &mut self,
        now: Time,
        from: Option<Ipv4Addr>,
        name: String,
        key: Option<u64>,
        told_at_end: bool,
        out: &mut Vec<Heard>,
    ) {
        let by = from.or(self.last).map_or(By::Nobody, By::Address);
        // A phone that goes on to another file has the one before; one that asks again for the same has not.
        let before = self.open.iter().position(|o| o.by == by && !o.told_at_end);
        if let Some(open) = before.and_then(|at| self.open.remove(at))
            && !same_name(&open.name, &name)
        {
            served(&open, 0, out);
            let millis = u64::try_from(now.since(open.at).as_millis()).unwrap_or(u64::MAX);
            out.push(Heard { by, seen: Seen::FileDone { name: open.name, bytes: 0, millis, repeats: 0 } });
        }
        self.ask(by, name.clone(), out);
        if self.open.len() >= OPEN {
            self.open.pop_front();
        }
        self.open.push_back(Open { by, name, key, told_at_end, at: now });
    }

    fn ask(&self, by: By, name: String, out: &mut Vec<Heard>) {
        let from = if let By::Address(from) = by { from } else { Ipv4Addr::UNSPECIFIED };
        out.push(Heard { by, seen: Seen::FileAsked { via: Via::Tftp, name, from, user_agent: None } });
    }

    /// The request that has ended. A server that only tells of ends has told of no beginning.
    fn close(
        &mut self,
        now: Time,
        to: Option<Ipv4Addr>,
        name: Option<&str>,
        key: Option<u64>,
        profiles: &Profiles,
        out: &mut Vec<Heard>,
    ) -> Option<Open> {
        let fits = |open: &Open| {
            key.is_none_or(|k| open.key.is_none_or(|o| o == k))
                && to.is_none_or(|to| open.by == By::Address(to))
                && name.is_none_or(|name| ends_with(name, &open.name))
        };
        if let Some(at) = self.open.iter().rposition(fits) {
            return self.open.remove(at);
        }
        let name = as_asked(name?, profiles);
        let by = to.or(self.last).map(By::Address)?;
        self.ask(by, name.clone(), out);
        Some(Open { by, name, key, told_at_end: true, at: now })
    }
}

fn served(open: &Open, size: u64, out: &mut Vec<Heard>) {
    let (name, sha256) = (open.name.clone(), String::new());
    out.push(Heard { by: open.by, seen: Seen::FileServed { name, layer: Layer::Folder, sha256, size } });
}

/// Whether a path on the server's disk is the file that was asked for.
fn ends_with(path: &str, name: &str) -> bool {
    let parts = |text: &str| {
        let parts = text.split(['/', '\\']).filter(|p| !p.is_empty() && *p != ".");
        parts.collect::<Vec<_>>().join("/").to_ascii_lowercase()
    };
    let (path, name) = (parts(path), parts(name));
    path == name || path.strip_suffix(&name).is_some_and(|before| before.ends_with('/'))
}

/// The name that was asked for, of a path on the server's disk: the shortest end that phones ask for.
fn as_asked(path: &str, profiles: &Profiles) -> String {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|p| !p.is_empty()).collect();
    let ends = (0..parts.len()).rev().map(|from| parts[from..].join("/"));
    ends.clone()
        .find(|end| is_a_phones(end, profiles))
        .or_else(|| ends.clone().next())
        .unwrap_or_else(|| path.to_owned())
}
