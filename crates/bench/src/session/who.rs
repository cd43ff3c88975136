//! Who a phone is and what it runs, from the evidence as it comes in.

use profile::Profiles;

use super::Session;
use crate::identify::{Evidence, Grade, Identified, evidence, tells_who};
use crate::observe::{Observation, Seen};

/// The word of `[[load]]` for a load that is a loader only.
pub const LOADER: &str = "loader";

/// The load a phone runs and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The load's name as the maker writes it.
    pub name: String,
    /// The observation that said so (last).
    pub n: u64,
    /// How it is known.
    pub how: &'static str,
}

impl Session {
    pub(super) fn identify(&mut self, profiles: &Profiles, obs: &Observation) {
        // The address block says the same every time: once is enough.
        if !tells_who(&obs.seen) && obs.n != self.began_n {
            return;
        }
        // A Request says what its Discover said.
        let said = match &obs.seen {
            Seen::Dhcp { vendor_class, wants, .. } => Some((vendor_class.clone(), wants.clone())),
            _ => None,
        };
        let same = said.is_some() && said == self.said;
        self.said = said;
        if same {
            return;
        }
        let known = self.evidence.len();
        for piece in evidence(profiles, self.mac, &obs.seen) {
            if let Some(load) = piece.load.as_ref().filter(|_| tells_what_runs(&piece)) {
                self.load_before.get_or_insert_with(|| load.clone());
                self.load = Some(Running { name: load.clone(), n: obs.n, how: piece.kind.words() });
            }
            if let Some(protocol) = self.protocol_by(profiles, &piece) {
                self.protocol = Some((protocol, obs.n));
            }
            if piece.state.is_some() {
                self.state.clone_from(&piece.state);
            }
            if piece.grade > Grade::Unlikely && !self.evidence.contains(&piece) && self.evidence.len() < 64 {
                self.evidence.push(piece);
            }
        }
        if self.evidence.len() > known {
            self.identified = Identified::from(&self.evidence);
        }
    }

    /// What a piece of evidence says of the protocol: itself, or by the name of the load that runs.
    pub(super) fn protocol_by(&self, profiles: &Profiles, piece: &Evidence) -> Option<String> {
        piece.protocol.clone().or_else(|| {
            let load = piece.load.as_ref().filter(|_| tells_what_runs(piece))?;
            let named = crate::plan::ladder::named(profiles.family(&piece.family)?, load)?;
            // A loader speaks none.
            (named.protocol != LOADER).then_some(named.protocol)
        })
    }

    pub(super) fn calls_itself(&mut self, seen: &Seen) {
        match seen {
            Seen::Dhcp { host_name: Some(name), .. } => self.host_name = Some(name.clone()),
            Seen::FileAsked { user_agent: Some(agent), .. } => self.user_agent = Some(agent.clone()),
            _ => {}
        }
    }
}

fn tells_what_runs(piece: &Evidence) -> bool {
    use crate::identify::EvidenceKind::{Alarm, CdpVersion, LldpSoftware, Pnp, Registration, UserAgent};
    matches!(piece.kind, CdpVersion | LldpSoftware | Pnp | UserAgent | Registration | Alarm)
}
