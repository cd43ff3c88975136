//! The real program: in network namespaces with simulated phones and stock clients, on loopback, and by
//! its command line.

mod dhcp_clients;
mod file_clients;
mod foreign;
mod recover;
mod support;
mod tftp_raw;
