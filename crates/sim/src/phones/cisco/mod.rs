//! What the Cisco families have in common: how they find a file server and read files, what they say on the
//! link, how they register, and how their configurations are read.
//!
//! | file | what |
//! | --- | --- |
//! | `base` | body, network and registration of one phone, driven together |
//! | `net` | from the first frame to the address of a file server, and the reads of files |
//! | `discovery` | CDP and LLDP frames |
//! | `calls` | SCCP and SIP: registering, and what a server tells a phone |
//! | `menu` | a list of a settings menu, and the keys at it |
//! | `config` | what phones take from XML configurations |
//! | `source` | where the address of a file server can come from |
//!
//! Not here: which file is asked for when, what a reset erases, and everything else that makes a family.

pub(super) mod base;
pub(super) mod calls;
pub(super) mod config;
pub(super) mod discovery;
pub(super) mod menu;
pub(super) mod net;
pub(super) mod source;
