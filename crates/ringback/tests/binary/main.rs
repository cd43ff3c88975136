//! The real program: in network namespaces with simulated phones and stock clients, on loopback, and by
//! its command line.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cli;
mod coexist;
mod config;
mod dhcp_clients;
mod dnsmasq;
mod doctor;
mod file_clients;
mod foreign;
mod pnp;
mod read;
mod recover;
mod services;
mod shelf;
mod stick;
mod support;
mod tftp_raw;
mod web_recovery;
