//! The real program: in network namespaces with simulated phones and stock clients, on loopback, and by
//! its command line.

mod recover;
mod support;
