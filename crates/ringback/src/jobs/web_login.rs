//! Carries the requests of a login to a phone's web page, one connection each, and tells what came of it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream};
use std::time::{Duration, Instant};

use bench::JobNews;
use bench::web_login::{Login, Next};
use profile::Web;
use proto::http::{Answer, Request, answer};

use super::{Teller, Wanted};

/// Phones' web servers are slow while they start; a page takes less.
const CONNECT: Duration = Duration::from_secs(3);
const WHOLE: Duration = Duration::from_secs(15);
const PORT: u16 = 80;

/// Does the job.
pub(super) fn work(address: Ipv4Addr, web: &Web, teller: &Teller, wanted: &Wanted) {
    let mut login = Login::new(web.clone(), address);
    let mut request = login.first();
    while wanted.is_wanted() {
        let answer = ask(address, &request);
        match login.answered(answer.as_ref()) {
            Next::Ask(next) => request = next,
            Next::End(result, what) => return teller.tell(JobNews::Login { result, what }),
        }
    }
}

/// One request and its answer; none when nothing came.
fn ask(address: Ipv4Addr, request: &Request) -> Option<Answer> {
    let mut stream = TcpStream::connect_timeout(&SocketAddrV4::new(address, PORT).into(), CONNECT).ok()?;
    let end = Instant::now() + WHOLE;
    stream.set_write_timeout(Some(CONNECT)).ok()?;
    stream.write_all(&request.emit()).ok()?;
    let mut bytes = Vec::new();
    let mut buf = [0u8; 4_096];
    while bytes.len() < answer::LIMIT && !answer::is_whole(&bytes) {
        let left = end.checked_duration_since(Instant::now()).filter(|l| !l.is_zero());
        let Some(left) = left else { break };
        stream.set_read_timeout(Some(left)).ok()?;
        match stream.read(&mut buf) {
            Ok(0) | Err(_) => break,
            Ok(n) => bytes.extend_from_slice(&buf[..n]),
        }
    }
    (!bytes.is_empty()).then(|| Answer::read(&bytes))
}
