//! Where the web screens are: the same arguments for every command that has them.

use clap::Args;

use crate::trouble::Trouble;
use crate::web::Listening;
use crate::web::listen::{WebAddress, listen};

/// Where the web screens are.
#[derive(Args, Clone, Debug)]
pub(crate) struct WebArgs {
    /// Where the web screens listen: PORT, ADDRESS or ADDRESS:PORT; 127.0.0.1:7940 if nothing is said.
    /// On any address but this computer's own loopback they ask for a token
    #[arg(long, value_name = "ADDR", conflicts_with = "no_web")]
    web: Option<WebAddress>,
    /// No web screens
    #[arg(long)]
    no_web: bool,
    /// Do not open the web screens in a browser
    #[arg(long)]
    no_open: bool,
}

/// The web screens of a run.
pub(super) struct Web {
    /// Their listener.
    pub(super) listening: Listening,
    /// Whether to show them on this desktop.
    pub(super) open: bool,
}

impl WebArgs {
    /// Listens. An address that was asked for and cannot be had is an error; the usual one is done without.
    pub(super) fn listen(&self) -> Result<Option<Web>, Trouble> {
        if self.no_web {
            return Ok(None);
        }
        match listen(self.web) {
            Ok(listening) => Ok(Some(Web { listening, open: !self.no_open })),
            Err(trouble) if self.web.is_some() => Err(trouble),
            Err(trouble) => {
                eprintln!("{trouble}\nGoing on without web screens.");
                Ok(None)
            }
        }
    }
}
