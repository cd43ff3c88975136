//! A file by FTP (RFC 959), in passive mode.

use std::net::SocketAddrV4;

use super::{LONGEST, Orders, Running, Step};
use crate::stream::Part;
use crate::{StreamAct, StreamEvent};

impl Orders {
    /// Replies of an FTP server, a line each.
    pub(super) fn lines(&mut self, port: u16) {
        while let Some(running) = self.running.get_mut(&port) {
            let Some(at) = running.buffer.iter().position(|b| *b == b'\n') else {
                if running.buffer.len() > LONGEST {
                    self.end(port, Part::Failed);
                }
                return;
            };
            let line: Vec<u8> = running.buffer.drain(..=at).collect();
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            // Lines of a longer reply have a dash behind the number.
            if line.as_bytes().get(3) != Some(&b'-')
                && let Some(code) = line.get(..3).and_then(|c| c.parse().ok())
            {
                self.reply(port, code, &line);
            }
        }
    }

    fn reply(&mut self, port: u16, code: u16, line: &str) {
        let Some(running) = self.running.get_mut(&port) else { return };
        let (user, password) = running.order.login.clone().unwrap_or_else(|| ("anonymous".into(), "phone@".into()));
        let (next, says) = match (&running.step, code) {
            (Step::Greeting, 220) => (Step::User, format!("USER {user}")),
            (Step::User, 331) => (Step::Password, format!("PASS {password}")),
            (Step::User | Step::Password, 230) => (Step::Type, "TYPE I".to_owned()),
            (Step::Type, 200) => (Step::Passive, "PASV".to_owned()),
            (Step::Passive, 227) => return self.passive(port, line),
            (Step::Retrieve { .. }, 125 | 150) => return,
            (Step::Retrieve { .. }, 226 | 250) => return self.retrieved(port, false),
            (_, 550) => return self.end(port, Part::Missing),
            _ => return self.end(port, Part::Denied),
        };
        running.step = next;
        self.say(port, format!("{says}\r\n"));
    }

    /// Opens the data connection to where the reply says, on the same host.
    fn passive(&mut self, port: u16, line: &str) {
        let numbers: Vec<u8> = line
            .split(|c: char| !c.is_ascii_digit())
            .skip(1)
            .filter(|n| !n.is_empty())
            .filter_map(|n| n.parse().ok())
            .collect();
        let [.., high, low] = numbers.as_slice() else { return self.end(port, Part::Failed) };
        let to_port = u16::from(*high) << 8 | u16::from(*low);
        let data = self.port();
        let Some(running) = self.running.get_mut(&port) else { return };
        let to = SocketAddrV4::new(*running.order.server.ip(), to_port);
        running.step = Step::Retrieve { data, data_over: false, told: false };
        let path = running.order.path.clone();
        self.data.insert(data, port);
        self.acts.push_back((data, StreamAct::Open(to)));
        self.say(port, format!("RETR {path}\r\n"));
    }

    pub(super) fn hear_data(&mut self, control: u16, port: u16, event: &StreamEvent) {
        match event {
            StreamEvent::Opened => {}
            StreamEvent::Bytes(bytes) => self.part(control, Part::Data(bytes.clone())),
            StreamEvent::Closed => {
                self.acts.push_back((port, StreamAct::Close));
                self.data.remove(&port);
                self.retrieved(control, true);
            }
        }
    }

    /// Both the data connection's end and the word for it must be there.
    fn retrieved(&mut self, port: u16, by_data: bool) {
        let Some(Running { step: Step::Retrieve { data_over, told, .. }, .. }) = self.running.get_mut(&port) else {
            return;
        };
        if by_data {
            *data_over = true;
        } else {
            *told = true;
        }
        if *data_over && *told {
            self.say(port, "QUIT\r\n");
            self.end(port, Part::Done);
        }
    }
}
