//! A line of the control connection, and what it asks for.

use std::net::{Ipv4Addr, SocketAddrV4};

/// What a line asks for. Names are bytes as they came: FTP says nothing about their characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// `USER`.
    User(Vec<u8>),
    /// `PASS`; the password is not looked at.
    Pass,
    /// `CWD`, `XCWD`; `CDUP` is `..`.
    Cwd(Vec<u8>),
    /// `PWD`, `XPWD`.
    Pwd,
    /// `TYPE` with its letter, in upper case.
    Type(u8),
    /// `MODE` or `STRU` with its letter, in upper case.
    Shape(u8),
    /// `PASV`.
    Pasv,
    /// `EPSV`; whether it says `ALL`.
    Epsv {
        /// `EPSV ALL`.
        all: bool,
    },
    /// `PORT`, or `EPRT` for IPv4.
    Port(SocketAddrV4),
    /// `RETR`.
    Retr(Vec<u8>),
    /// `SIZE`.
    Size(Vec<u8>),
    /// `LIST`, `NLST`, `MLSD`.
    List,
    /// `REST` with its offset.
    Rest(u64),
    /// `SYST`.
    Syst,
    /// `FEAT`.
    Feat,
    /// `OPTS`, `NOOP`, `ALLO`, `ACCT`, `CLNT`: nothing to do, and all is well.
    Noop,
    /// `ABOR`.
    Abor,
    /// `HELP`, `STAT`.
    Help,
    /// `QUIT`.
    Quit,
    /// A command that would write.
    Write,
    /// A command that is known and whose argument is not what it must be.
    BadArgument(&'static str),
    /// Anything else.
    Unknown,
}

impl Command {
    /// Reads a line without its end. Interrupts that telnet puts in front of a line are dropped.
    pub fn parse(line: &[u8]) -> Command {
        let start = line.iter().position(|b| b.is_ascii_alphabetic()).unwrap_or(line.len());
        let line = line.get(start..).unwrap_or_default().trim_ascii_end();
        let end = line.iter().position(|b| *b == b' ' || *b == b'\t').unwrap_or(line.len());
        let (verb, rest) = line.split_at(end);
        let argument = rest.trim_ascii_start();
        let letter = argument.first().map_or(0, u8::to_ascii_uppercase);
        match verb.to_ascii_uppercase().as_slice() {
            b"USER" => Command::User(argument.to_vec()),
            b"PASS" => Command::Pass,
            b"CWD" | b"XCWD" => Command::Cwd(argument.to_vec()),
            b"CDUP" | b"XCUP" => Command::Cwd(b"..".to_vec()),
            b"PWD" | b"XPWD" => Command::Pwd,
            b"TYPE" => Command::Type(letter),
            b"MODE" | b"STRU" => Command::Shape(letter),
            b"PASV" => Command::Pasv,
            b"EPSV" => match argument {
                b"" | b"1" => Command::Epsv { all: false },
                all if all.eq_ignore_ascii_case(b"ALL") => Command::Epsv { all: true },
                _ => Command::BadArgument("EPSV"),
            },
            b"PORT" => port(argument).map_or(Command::BadArgument("PORT"), Command::Port),
            b"EPRT" => extended_port(argument).map_or(Command::BadArgument("EPRT"), Command::Port),
            b"RETR" | b"SIZE" if argument.is_empty() => Command::BadArgument("a file's name"),
            b"RETR" => Command::Retr(argument.to_vec()),
            b"SIZE" => Command::Size(argument.to_vec()),
            b"LIST" | b"NLST" | b"MLSD" => Command::List,
            b"REST" => text(argument).and_then(|t| t.parse().ok()).map_or(Command::BadArgument("REST"), Command::Rest),
            b"SYST" => Command::Syst,
            b"FEAT" => Command::Feat,
            b"OPTS" | b"NOOP" | b"ALLO" | b"ACCT" | b"CLNT" => Command::Noop,
            b"ABOR" => Command::Abor,
            b"HELP" | b"STAT" => Command::Help,
            b"QUIT" => Command::Quit,
            b"STOR" | b"STOU" | b"APPE" | b"DELE" | b"RMD" | b"XRMD" | b"MKD" | b"XMKD" | b"RNFR" | b"RNTO"
            | b"SITE" | b"MFMT" => Command::Write,
            _ => Command::Unknown,
        }
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// `h1,h2,h3,h4,p1,p2` (RFC 959 §4.1.2).
fn port(argument: &[u8]) -> Option<SocketAddrV4> {
    let numbers: Vec<u8> = text(argument)?.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    let [a, b, c, d, high, low] = *numbers.as_slice() else { return None };
    Some(SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_be_bytes([high, low])))
}

/// `|1|address|port|`, the bar being any character (RFC 2428 §2).
fn extended_port(argument: &[u8]) -> Option<SocketAddrV4> {
    let argument = text(argument)?;
    let bar = argument.chars().next()?;
    let mut parts = argument.split(bar).skip(1);
    if parts.next()? != "1" {
        return None;
    }
    Some(SocketAddrV4::new(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_clients_write_them() {
        let at = SocketAddrV4::new(Ipv4Addr::new(10, 0, 0, 9), 1025);
        for (line, command) in [
            (&b"user anonymous"[..], Command::User(b"anonymous".to_vec())),
            (b"RETR  57i.st \r", Command::Retr(b"57i.st".to_vec())),
            (b"\xff\xf4\xff\xf2ABOR", Command::Abor),
            (b"PORT 10,0,0,9,4,1", Command::Port(at)),
            (b"EPRT |1|10.0.0.9|1025|", Command::Port(at)),
            (b"EPRT |2|::1|1025|", Command::BadArgument("EPRT")),
            (b"PORT 10,0,0,999,4,1", Command::BadArgument("PORT")),
            (b"TYPE i", Command::Type(b'I')),
            (b"RETR", Command::BadArgument("a file's name")),
            (b"STOR x", Command::Write),
            (b"", Command::Unknown),
        ] {
            assert_eq!(Command::parse(line), command, "{}", String::from_utf8_lossy(line));
        }
    }
}
