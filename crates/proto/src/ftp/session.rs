//! One conversation with a client: lines in, replies and things to do out.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::Command;
use crate::text::escape_short;

/// Bytes of a line that are read; a longer one ends the conversation.
pub const LINE: usize = 1_024;
/// Lines that make no sense before the conversation ends.
const NONSENSE: u32 = 20;
/// Parts of the working directory that are kept.
const DEPTH: usize = 16;

/// Something for the host to do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Send this line, with CR and LF.
    Reply(String),
    /// Open a port for the client's data connection, then tell [`Session::listening`].
    Listen {
        /// In the form of `EPSV`.
        extended: bool,
    },
    /// Ask for the file, send it over the data connection that was agreed on; replies are the host's, by
    /// [`reply`].
    Send {
        /// Its name, seen from the root.
        name: Vec<u8>,
        /// Where the data goes.
        data: Data,
    },
    /// Ask for the file's length and reply with it.
    Size {
        /// Its name, seen from the root.
        name: Vec<u8>,
    },
    /// Make the data connection and close it: an empty list.
    Empty {
        /// Where the data goes.
        data: Data,
    },
    /// Close the control connection.
    Close,
}

/// How the data connection comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// The client comes to the port that was opened last.
    Passive,
    /// The server goes there.
    Active(SocketAddrV4),
}

/// The host's own replies.
pub mod reply {
    /// Before the data.
    pub const OPENING: &str = "150 Here it comes";
    /// After the data.
    pub const DONE: &str = "226 Done";
    /// No data connection came about.
    pub const NO_DATA: &str = "425 No data connection";
    /// The data connection broke.
    pub const BROKEN: &str = "426 The data connection ended early";
    /// The file is not here, or not for this client.
    pub const NOT_FOUND: &str = "550 No such file";
    /// No port could be opened.
    pub const NO_PORT: &str = "421 No port is free";
    /// The client was silent for too long.
    pub const TIMEOUT: &str = "421 Good bye";
}

/// One conversation.
#[derive(Clone, Debug)]
pub struct Session {
    client: Ipv4Addr,
    named: bool,
    logged_in: bool,
    directory: Vec<Vec<u8>>,
    data: Option<Data>,
    only_extended: bool,
    nonsense: u32,
}

impl Session {
    /// A conversation that begins with the client at this address, and the greeting.
    pub fn new(client: Ipv4Addr) -> (Session, String) {
        let session = Session {
            client,
            named: false,
            logged_in: false,
            directory: Vec::new(),
            data: None,
            only_extended: false,
            nonsense: 0,
        };
        (session, "220 Ringback, for phones, read-only".to_owned())
    }

    /// What a line without its end leads to.
    pub fn line(&mut self, line: &[u8]) -> Vec<Act> {
        if line.len() > LINE {
            return vec![say("500 The line is too long"), Act::Close];
        }
        let command = Command::parse(line);
        match command {
            Command::User(_) => {
                self.named = true;
                self.logged_in = false;
                vec![say("331 Any password will do")]
            }
            Command::Pass if !self.named => vec![say("503 Say USER first")],
            Command::Pass => {
                self.logged_in = true;
                vec![say("230 Logged in")]
            }
            Command::Quit => vec![say("221 Good bye"), Act::Close],
            Command::Syst => vec![say("215 UNIX Type: L8")],
            Command::Feat => vec![say("211-Features:\r\n EPRT\r\n EPSV\r\n PASV\r\n SIZE\r\n UTF8\r\n211 End")],
            Command::Noop => vec![say("200 OK")],
            Command::Help => vec![say("214 Files are read here: USER, PASS, TYPE, PASV or PORT, RETR, QUIT")],
            Command::Unknown => self.nonsense("502 Not known here"),
            Command::BadArgument(what) => self.nonsense(&format!("501 This is no good: {what}")),
            _ if !self.logged_in => vec![say("530 Say USER and PASS first")],
            command => self.known(command),
        }
    }

    /// The port for the client's data connection is open, at this address of the server.
    pub fn listening(&mut self, at: SocketAddrV4, extended: bool) -> Act {
        self.data = Some(Data::Passive);
        if extended {
            return say(&format!("229 Entering Extended Passive Mode (|||{}|)", at.port()));
        }
        let [a, b, c, d] = at.ip().octets();
        let [high, low] = at.port().to_be_bytes();
        say(&format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low})"))
    }

    fn known(&mut self, command: Command) -> Vec<Act> {
        match command {
            Command::Cwd(to) => {
                self.directory = self.resolve(&to);
                vec![say("250 OK")]
            }
            Command::Pwd => {
                let path = escape_short(&self.path(&self.directory), 200).replace('"', "\"\"");
                vec![say(&format!("257 \"/{path}\" is where you are"))]
            }
            Command::Type(b'A' | b'I' | b'L') | Command::Shape(b'S' | b'F') => vec![say("200 OK")],
            Command::Type(_) | Command::Shape(_) => vec![say("504 Only plain files in stream mode")],
            Command::Pasv if self.only_extended => vec![say("501 EPSV ALL was said")],
            Command::Pasv => vec![Act::Listen { extended: false }],
            Command::Epsv { all: true } => {
                self.only_extended = true;
                vec![say("200 OK")]
            }
            Command::Epsv { all: false } => vec![Act::Listen { extended: true }],
            Command::Port(_) if self.only_extended => vec![say("501 EPSV ALL was said")],
            // Data for others, or to ports of services, is what makes a server a weapon (RFC 2577 §3).
            Command::Port(to) if *to.ip() != self.client || to.port() < 1024 => {
                vec![say("504 Data goes to your own address only, and to no port below 1024")]
            }
            Command::Port(to) => {
                self.data = Some(Data::Active(to));
                vec![say("200 OK")]
            }
            Command::Retr(name) => match self.data.take() {
                Some(data) => vec![Act::Send { name: self.name(&name), data }],
                None => vec![say("425 Say PASV or PORT first")],
            },
            Command::List => match self.data.take() {
                Some(data) => vec![Act::Empty { data }],
                None => vec![say("425 Say PASV or PORT first")],
            },
            Command::Size(name) => vec![Act::Size { name: self.name(&name) }],
            Command::Rest(0) => vec![say("350 From the beginning")],
            Command::Rest(_) => vec![say("504 Files are read from their beginning only")],
            Command::Abor => {
                self.data = None;
                vec![say("226 Nothing is under way")]
            }
            _ => vec![say("550 Files are only read here")],
        }
    }

    fn nonsense(&mut self, words: &str) -> Vec<Act> {
        self.nonsense += 1;
        if self.nonsense > NONSENSE { vec![say("421 Good bye"), Act::Close] } else { vec![say(words)] }
    }

    /// A name seen from the root. The bench refuses what leads out of it.
    fn name(&self, name: &[u8]) -> Vec<u8> {
        self.path(&self.resolve(name))
    }

    fn resolve(&self, name: &[u8]) -> Vec<Vec<u8>> {
        let mut parts = if name.starts_with(b"/") { Vec::new() } else { self.directory.clone() };
        for part in name.split(|b| *b == b'/').filter(|p| !p.is_empty() && *p != b".") {
            if part == b".." {
                parts.pop();
            } else if parts.len() < DEPTH {
                parts.push(part.to_vec());
            }
        }
        parts
    }

    fn path(&self, parts: &[Vec<u8>]) -> Vec<u8> {
        parts.join(&b'/')
    }
}

fn say(line: &str) -> Act {
    Act::Reply(line.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 9);

    fn logged_in() -> Session {
        let mut session = Session::new(CLIENT).0;
        assert!(said(&mut session, "USER anonymous").starts_with("331"));
        assert!(said(&mut session, "PASS x@y").starts_with("230"));
        session
    }

    fn said(session: &mut Session, line: &str) -> String {
        match session.line(line.as_bytes()).into_iter().next() {
            Some(Act::Reply(text)) => text,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_phone_reads_its_file() {
        let mut session = logged_in();
        assert!(said(&mut session, "TYPE I").starts_with("200"));
        assert_eq!(session.line(b"PASV"), [Act::Listen { extended: false }]);
        let at = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 1), 0x1234);
        assert_eq!(session.listening(at, false), say("227 Entering Passive Mode (10,0,0,1,18,52)"));
        let sends = |name: &[u8], data| vec![Act::Send { name: name.to_vec(), data }];
        assert_eq!(session.line(b"RETR 57i.st"), sends(b"57i.st", Data::Passive));
        assert!(said(&mut session, "RETR 57i.st").starts_with("425"), "each file has a connection of its own");
        assert!(said(&mut session, "PORT 10,0,0,9,4,1").starts_with("200"));
        assert_eq!(session.line(b"RETR //57i.st"), sends(b"57i.st", Data::Active(SocketAddrV4::new(CLIENT, 1025))));
    }

    #[test]
    fn data_goes_to_the_client_and_nobody_else() {
        let mut session = logged_in();
        for line in ["PORT 10,0,0,8,4,1", "PORT 10,0,0,9,0,25", "EPRT |1|192.168.1.1|5000|"] {
            assert!(said(&mut session, line).starts_with("504"), "{line}");
        }
        assert!(said(&mut session, "RETR x").starts_with("425"));
    }

    #[test]
    fn folders_are_names_and_nothing_is_written() {
        let mut session = logged_in();
        assert!(said(&mut session, "CWD /a/../../b").starts_with("250"));
        assert_eq!(said(&mut session, "PWD"), "257 \"/b\" is where you are");
        assert_eq!(session.line(b"SIZE x"), [Act::Size { name: b"b/x".to_vec() }]);
        assert_eq!(session.line(b"SIZE ../../x"), [Act::Size { name: b"x".to_vec() }]);
        for line in ["STOR x", "DELE x", "RNFR x", "SITE CHMOD 777 x"] {
            assert!(said(&mut session, line).starts_with("550"), "{line}");
        }
        assert!(said(&mut session, "REST 5").starts_with("504"));
    }

    #[test]
    fn strangers_say_who_they_are_first_and_nonsense_ends() {
        let mut session = Session::new(CLIENT).0;
        assert!(said(&mut session, "RETR x").starts_with("530"));
        assert!(said(&mut session, "PASS x").starts_with("503"));
        let ends = (0..100).position(|_| session.line(b"XYZZY").contains(&Act::Close));
        assert_eq!(ends, Some(20));
        assert!(session.line(&[b'A'; 5_000]).contains(&Act::Close));
    }

    proptest! {
        #[test]
        fn no_line_makes_it_fail(lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..30)) {
            let mut session = logged_in();
            for line in lines {
                let _ = session.line(&line);
            }
        }
    }
}
