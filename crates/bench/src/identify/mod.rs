//! Who a phone is: evidence from every protocol, each piece kept with what it proves.
//!
//! Stages: the texts of an observation match the families' marks
//! ([`evidence`]); the pieces together give family, model and grade ([`Identified::from`]).

mod evidence;

pub use evidence::{Evidence, EvidenceKind, Grade, Identified, evidence, is_phone, tells_who};
