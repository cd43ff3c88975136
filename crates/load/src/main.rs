//! Ringback's load program: the same phones against one server after the other, in one run.
//!
//! It makes two network namespaces joined by a veth pair, starts one server at a time in the one
//! and plays the phones in the other. Nothing it sends leaves that pair. It compares; it does not
//! say how fast a server is on other machines. README.md tells what is measured and what is not.

mod bounds;
mod cli;
mod content;
mod cpus;
mod dhcp;
mod janitor;
mod lab;
mod null;
mod procfs;
mod report;
mod run;
mod scenario;
mod server;
mod stats;
mod table;
mod tftp;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::main() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ringback-load: {error:#}");
            ExitCode::from(2)
        }
    }
}
