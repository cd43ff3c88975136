//! Parts that the phones of several makers are built from: how they get addresses, names and files, and how
//! their small web servers read a request.
//!
//! Each is written for the phones' side only; the bench has its own, so that each checks the other.

pub(super) mod basic;
pub(super) mod dns;
pub(super) mod download;
pub(super) mod http;
pub(super) mod lease;
pub(super) mod lldp;
pub(super) mod place;
