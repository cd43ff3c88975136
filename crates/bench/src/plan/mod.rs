//! What a phone is told and given: DHCP options ([`offer`]), files ([`overlay`]), the loads on its way ([`ladder`]).

pub mod answer;
pub mod ladder;
pub mod offer;
pub mod overlay;
pub mod release;
pub mod version;
