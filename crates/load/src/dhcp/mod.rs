//! Phones that ask for an address, all through one socket.
//!
//! | file | what |
//! | --- | --- |
//! | [`packet`] | the few messages a phone sends, and what it reads from the answers |
//! | [`crowd`] | many phones: Discover, Offer, Request, Ack |

pub(crate) mod crowd;
pub(crate) mod packet;
