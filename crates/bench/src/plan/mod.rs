//! What a phone is told and given: DHCP options ([`offer`]), files ([`overlay`]), the loads on its way ([`ladder`]);
//! and whether files may go on its stick ([`stick`]).

pub mod answer;
pub mod ladder;
pub mod offer;
pub mod overlay;
pub mod release;
pub mod stick;
pub mod version;
