//! Parts that simulated phones are put together from. None knows a model.
//!
//! | file | what |
//! | --- | --- |
//! | `net` | from the first frame to the address of a file server, and the reads of files |
//! | `fetch`, `dns` | one file by TFTP; one question to a name server |
//! | `discovery` | CDP and LLDP frames |
//! | `calls` | SCCP and SIP: registering, and what a server tells a phone |
//! | `config` | what phones take from XML configurations |
//! | `face` | screen and lamps |

pub(super) mod calls;
pub(super) mod config;
pub(super) mod discovery;
pub(super) mod dns;
pub(super) mod face;
pub(super) mod fetch;
pub(super) mod net;
