//! TLS in front of the file server: the bench's own certificate, and how each phone took it.
//!
//! The certificate is made anew for every run, signed by itself, and names nobody but the bench. A phone that trusts
//! only what it knows ends the conversation: that is told to the bench, with the host that the phone wanted, and is
//! a finding. Deliberately not here: certificates in the name of others, and TLS older than 1.2.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use proto::text::escape_short;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::rustls::{AlertDescription, Error, ServerConfig};
use tokio_rustls::server::TlsStream;

/// A conversation that is not ready by then is given up: phones of twenty years ago need seconds for a key.
const HANDSHAKE: Duration = Duration::from_secs(20);
/// The longest host name kept (RFC 1035).
const HOST: usize = 253;

/// What speaks TLS for the bench.
#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ServerConfig>,
}

/// A phone that ended TLS before it asked for anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The host that it wanted (SNI), escaped.
    pub(crate) host: Option<String>,
    /// How it ended, in words.
    pub(crate) why: String,
}

impl Tls {
    /// With a certificate of its own for this address.
    pub(crate) fn new(server: Ipv4Addr) -> io::Result<Tls> {
        let names = vec![server.to_string(), "ringback".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).map_err(io::Error::other)?;
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|b| b.with_no_client_auth().with_single_cert(vec![cert.der().clone()], key))
            .map_err(io::Error::other)?;
        Ok(Tls { config: Arc::new(config) })
    }

    /// Takes a phone's connection as far as the first byte of what is inside.
    pub(crate) async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, Refused> {
        let mut host = None;
        let handshake = async {
            let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
            host = start.client_hello().server_name().map(|n| escape_short(n.as_bytes(), HOST));
            start.into_stream(Arc::clone(&self.config)).await
        };
        let why = match tokio::time::timeout(HANDSHAKE, handshake).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => words(&error),
            Err(_) => format!("nothing more came for {} seconds", HANDSHAKE.as_secs()),
        };
        Err(Refused { host, why })
    }
}

/// How a conversation ended, for a technician.
fn words(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
    match inner {
        Some(Error::AlertReceived(alert)) => match alert {
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnsupportedCertificate => {
                format!("it does not trust the bench's certificate ({alert:?})")
            }
            AlertDescription::CertificateExpired => {
                "it says the certificate is not valid now: its clock may be wrong (CertificateExpired)".to_owned()
            }
            other => format!("it sent the alert {other:?}"),
        },
        Some(Error::PeerIncompatible(_)) => "it speaks no TLS that the bench speaks (1.2 and 1.3)".to_owned(),
        Some(Error::InvalidMessage(_)) => "it does not speak TLS, or one from before 1.2".to_owned(),
        Some(other) => escape_short(other.to_string().as_bytes(), 120),
        None if error.kind() == io::ErrorKind::UnexpectedEof || error.kind() == io::ErrorKind::ConnectionReset => {
            "it closed the connection when it saw the bench's certificate".to_owned()
        }
        None => escape_short(error.to_string().as_bytes(), 120),
    }
}
