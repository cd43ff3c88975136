//! stub
use std::{sync::Arc,net::TcpListener};
pub(crate) struct Server; impl Server { pub(crate) fn stop(self){} }
pub(crate) fn spawn(_l: TcpListener, _m: super::message::Mailbox, _lib: Arc<super::content::Library>) -> std::io::Result<Server> { Ok(Server) }
