//! One phone's conversation.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use bench::Via;
use proto::ftp::session::{LINE, reply};
use proto::ftp::{Act, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::House;
use super::data;
use crate::io::content::Data;
use crate::io::http::news::News;
use crate::io::message::Message;

/// Between two lines.
const IDLE: Duration = Duration::from_secs(120);
/// For a reply to be taken.
const SAY: Duration = Duration::from_secs(20);

/// A file that the bench has granted, open.
struct Granted {
    name: Vec<u8>,
    news: News,
    data: Data,
}

struct Conversation {
    house: House,
    /// The phone.
    from: Ipv4Addr,
    stream: TcpStream,
    session: Session,
    listener: Option<TcpListener>,
    /// A file whose length was asked for: it is fetched next, most likely.
    held: Option<Granted>,
}

/// Talks until one side has enough.
pub(super) async fn serve(house: House, from: Ipv4Addr, stream: TcpStream) {
    let (session, greeting) = Session::new(from);
    let mut talk = Conversation { house, from, stream, session, listener: None, held: None };
    if talk.say(&greeting).await.is_none() {
        return;
    }
    let mut buf: Vec<u8> = Vec::new();
    loop {
        while let Some(at) = buf.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = buf.drain(..=at).collect();
            let acts = talk.session.line(line.trim_ascii_end());
            for act in acts {
                if talk.act(act).await.is_none() {
                    return talk.leave();
                }
            }
        }
        if buf.len() > LINE {
            let _ = talk.say("500 The line is too long").await;
            return talk.leave();
        }
        match timeout(IDLE, talk.stream.read_buf(&mut buf)).await {
            Ok(Ok(1..)) => {}
            Ok(_) => return talk.leave(),
            Err(_) => {
                let _ = talk.say(reply::TIMEOUT).await;
                return talk.leave();
            }
        }
    }
}

impl Conversation {
    fn leave(mut self) {
        self.forget();
    }

    fn forget(&mut self) {
        if let Some(mut held) = self.held.take() {
            held.news.because("only its length was asked for (FTP SIZE)");
        }
    }

    /// None when the conversation is over.
    async fn act(&mut self, act: Act) -> Option<()> {
        match act {
            Act::Reply(line) => self.say(&line).await,
            Act::Listen { extended } => match self.listen() {
                Ok(at) => match self.session.listening(at, extended) {
                    Act::Reply(line) => self.say(&line).await,
                    _ => Some(()),
                },
                Err(_) => self.say(reply::NO_PORT).await,
            },
            Act::Size { name } => match self.ask(name).await {
                Some(granted) => {
                    let line = format!("213 {}", granted.data.size());
                    self.held = Some(granted);
                    self.say(&line).await
                }
                None => self.say(reply::NOT_FOUND).await,
            },
            Act::Empty { data } => {
                self.say(reply::OPENING).await?;
                let connected = self.connect(data).await.is_some();
                self.say(if connected { reply::DONE } else { reply::NO_DATA }).await
            }
            Act::Send { name, data } => self.send(name, data).await,
            Act::Close => None,
        }
    }

    async fn send(&mut self, name: Vec<u8>, by: proto::ftp::session::Data) -> Option<()> {
        let Some(mut granted) = self.ask(name).await else {
            self.listener = None;
            return self.say(reply::NOT_FOUND).await;
        };
        self.say(reply::OPENING).await?;
        let Some(stream) = self.connect(by).await else {
            granted.news.because("the phone's data connection did not come about (FTP)");
            return self.say(reply::NO_DATA).await;
        };
        granted.news.opened(granted.data.size());
        match data::send(stream, granted.data, &mut granted.news).await {
            Ok(()) => self.say(reply::DONE).await,
            Err(why) => {
                granted.news.because(why);
                drop(granted.news);
                self.say(reply::BROKEN).await
            }
        }
    }

    async fn connect(&mut self, by: proto::ftp::session::Data) -> Option<TcpStream> {
        let listener = self.listener.take();
        match by {
            proto::ftp::session::Data::Passive => data::accept(&listener?, self.from).await,
            proto::ftp::session::Data::Active(to) => {
                data::connect(self.local()?, self.house.device.as_deref(), to).await
            }
        }
    }

    fn local(&self) -> Option<Ipv4Addr> {
        match self.stream.local_addr().ok()?.ip() {
            IpAddr::V4(local) => Some(local),
            IpAddr::V6(_) => None,
        }
    }

    fn listen(&mut self) -> std::io::Result<std::net::SocketAddrV4> {
        let local = self.local().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
        let (listener, at) = data::listen(local, self.house.device.as_deref())?;
        self.listener = Some(listener);
        Ok(at)
    }

    /// The file, if the bench grants it and it can be opened.
    async fn ask(&mut self, name: Vec<u8>) -> Option<Granted> {
        if self.held.as_ref().is_some_and(|h| h.name == name) {
            return self.held.take();
        }
        self.forget();
        let (sender, answer) = oneshot::channel();
        let from = self.from;
        let question =
            Message::FileRequest { via: Via::Ftp, from, name: name.clone(), user_agent: None, answer: sender };
        self.house.mailbox.send(question).ok()?;
        let (id, content) = answer.await.ok()?.ok()?;
        let mut news = News::new(id, self.house.mailbox.clone(), content.size());
        let library = Arc::clone(&self.house.library);
        match tokio::task::spawn_blocking(move || library.open(&content)).await {
            Ok(Ok(data)) => Some(Granted { name, news, data }),
            Ok(Err(error)) => {
                news.because(format!("it could not be opened: {error} (RB215)"));
                None
            }
            Err(_) => None,
        }
    }

    async fn say(&mut self, line: &str) -> Option<()> {
        let bytes = format!("{line}\r\n");
        timeout(SAY, self.stream.write_all(bytes.as_bytes())).await.ok()?.ok()
    }
}
