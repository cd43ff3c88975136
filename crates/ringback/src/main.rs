//! `ringback`: the app. Sockets, files, commands and screens; it decides nothing.
//!
//! | folder | what |
//! | --- | --- |
//! | `cli` | one file per subcommand |
//! | `io` | the loop that owns the bench, and its sockets |
//! | `host` | interfaces, addresses, ports, rights |
//! | `sentence` | words for people that all screens share |
//! | `jobs` | long sequential work: a USB stick |
//! | `store` | shelf, journal, ledger, leases |
//! | `tui` | the terminal's screens |
//! | `web` | the web screens and the API |

mod cli;
mod demo;
mod host;
mod io;
mod jobs;
mod sentence;
mod store;
mod trouble;
mod tui;
mod web;

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(cli::main())
}
