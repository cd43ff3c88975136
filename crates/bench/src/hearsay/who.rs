//! Which phone an address stands for, as far as captures and logs show it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use proto::Mac;

/// Addresses remembered.
const ADDRESSES: usize = 65_536;
/// The first two bytes of a stand-in: a locally administered block that no maker owns.
const STAND_IN: [u8; 2] = [0x02, 0x52];

/// Who has which address. The last word counts: phones behind one address take turns.
#[derive(Clone, Debug, Default)]
pub struct Who {
    by_address: BTreeMap<Ipv4Addr, Mac>,
    /// The first address that each MAC was seen to send from; a second one makes it a router's.
    senders: BTreeMap<Mac, Option<Ipv4Addr>>,
}

impl Who {
    /// This MAC has that address.
    pub(super) fn learn(&mut self, address: Ipv4Addr, mac: Mac) {
        if !address.is_unspecified() && (self.by_address.len() < ADDRESSES || self.by_address.contains_key(&address)) {
            self.by_address.insert(address, mac);
        }
    }

    /// A frame with this sender's MAC carried this address: it is the MAC's own unless it carries others, too.
    pub(super) fn sends(&mut self, address: Ipv4Addr, mac: Mac) {
        if mac == Mac::ZERO || self.by_address.contains_key(&address) {
            return;
        }
        if self.senders.len() >= ADDRESSES && !self.senders.contains_key(&mac) {
            return;
        }
        let first = self.senders.entry(mac).or_insert(Some(address));
        if *first == Some(address) {
            self.learn(address, mac);
        } else if let Some(other) = first.take() {
            // What was taken for a phone is a router.
            self.by_address.remove(&other);
        }
    }

    /// Who has this address.
    pub(super) fn at(&self, address: Ipv4Addr) -> Option<Mac> {
        self.by_address.get(&address).copied()
    }

    /// What stands for a phone of which only the address is known.
    pub(super) fn stand_in(address: Ipv4Addr) -> Mac {
        let [a, b, c, d] = address.octets();
        let [x, y] = STAND_IN;
        Mac([x, y, a, b, c, d])
    }

    /// Whether a MAC only stands for an address.
    pub fn is_stand_in(mac: Mac) -> bool {
        mac.0[..2] == STAND_IN
    }
}
