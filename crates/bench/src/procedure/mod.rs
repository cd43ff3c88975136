//! The procedure engine: steps are data ([`profile::Step`]), what each kind does is here.
//!
//! [`run::Run`] holds where one phone's procedure stands; [`run::Run::advance`] looks at the session and
//! answers with the next observations to make. [`fit`] says for which phones a procedure is, [`gate`] whether
//! the shelf has what it needs; [`expect`] says whether something was seen on the wire.
//! Nothing here sends or waits: a wait is a deadline with a reason.

pub mod expect;
pub mod fit;
pub mod gate;
pub mod run;
pub(crate) mod runs;
