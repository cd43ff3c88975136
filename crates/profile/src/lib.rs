//! What is known about phones: the schema of `profiles/`, loading and checking it.
//!
//! A family is a folder: `family.toml` (who the phones are, what they ask for, which keys they know),
//! `procedures.toml` (what to do, step by step) and `templates/` (files made for one phone).
//! The folders of this repository are built into the program; a technician may add folders of their
//! own, and a family with the same id replaces the built-in one.
//!
//! Every fact names its source and how sure it is ([`Confidence`]); what is inferred stays marked and is
//! never told to the user as certain.
//!
//! What is not here: bytes of the wire, and behaviour. Version texts, for instance, are kept as the
//! maker writes them; comparing them is the bench's work.

pub mod boot;
pub mod check;
pub mod family;
pub mod firmware;
pub mod identity;
pub mod keys;
pub mod ladder;
pub mod load;
pub mod login;
pub mod pattern;
pub mod procedure;
pub mod rescue;
pub mod source;
pub mod template;
pub mod web;

pub use boot::{BootFile, Missing, Role};
pub use check::Problem;
pub use family::{Family, Model};
pub use firmware::{Forbidden, Published, PublishedFile, SingleFile, VendorArchive, Way};
pub use identity::Identity;
pub use keys::{KeySequence, Menu};
pub use ladder::LadderRule;
pub use load::{Origin, Profiles};
pub use login::{Login, Pnp};
pub use pattern::{Captures, Pattern};
pub use procedure::{Procedure, Step, StepKind};
pub use rescue::{Rescue, RescueBy};
pub use source::Confidence;
pub use template::Template;
pub use web::{Announcement, HostName, HostRole, Web};
