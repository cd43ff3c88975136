//! Trust lists: the CTL file and the ITL file. Each is asked for, stored, shown and erased by itself; whichever is
//! stored, the phone wants its configuration signed.

use serde::Deserialize;

use super::Cisco79xx;
use crate::firmware::read::header;
use crate::phones::cisco::net::End;

/// A kind of trust list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrustList {
    /// The certificate trust list, of old clusters that were made secure.
    Ctl,
    /// The identity trust list, which clusters of version 8 and later give to every phone.
    Itl,
}

impl TrustList {
    /// As the menu calls it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            TrustList::Ctl => "CTL File",
            TrustList::Itl => "ITL File",
        }
    }
}

impl Cisco79xx {
    /// It wants its configuration signed.
    pub(super) fn trusts(&self) -> bool {
        !self.flash.trust_lists.is_empty()
    }

    /// A trust list was served, or was not. The first one is believed; one in the place of another must be signed
    /// by somebody whom the phone knows, and nobody here is.
    pub(super) fn trust_list(&mut self, kind: TrustList, end: End) {
        let End::Got(file) = end else { return };
        if header(&file.head).is_none_or(|h| h.version != (1, 2)) {
            return self.note("what was served as a trust list is none");
        }
        let replaces = self.flash.trust_lists.contains(&kind);
        if replaces || self.trusts() && !self.spec.takes_second_list {
            return self.message("File auth fail");
        }
        self.note(format!("takes a {} and from now on believes nobody else", kind.name()));
        self.flash.trust_lists.insert(kind);
    }
}
