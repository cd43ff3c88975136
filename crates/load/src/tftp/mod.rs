//! Phones that fetch files, as cheaply as they can be played.
//!
//! | file | what |
//! | --- | --- |
//! | [`packet`] | the few datagrams a phone sends |
//! | [`fetch`] | one file's way to one phone, without a socket |
//! | [`job`] | what many phones are to do, and what came of it |
//! | [`fleet`] | many phones on one thread |
//! | [`lone`] | one phone that waits for each answer |

pub(crate) mod fetch;
pub(crate) mod fleet;
pub(crate) mod job;
pub(crate) mod lone;
pub(crate) mod packet;

/// The port requests go to.
pub(crate) const PORT: u16 = 69;
