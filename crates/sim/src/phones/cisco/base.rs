//! Body, network and registration of one phone, driven together.
//!
//! What they want of each other is done here; what only the family can decide is told by [`Event`]s.

use std::net::Ipv4Addr;
use std::time::Duration;

use proto::Time;

use super::calls::{self, Calls};
use super::net::{self, End, Net};
use crate::phones::parts::body::Body;
use crate::rng::Rng;
use crate::wire::{Colour, Lamp, LampMode};
use crate::{Output, StreamEvent, Wire};

/// Between two announcements on the link.
const ANNOUNCE: Duration = Duration::from_secs(60);
/// The first pause before something failed is tried again, and the longest.
const RETRY: Duration = Duration::from_secs(5);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// What the two families are built around.
#[derive(Debug)]
pub(crate) struct Base {
    pub(crate) body: Body,
    pub(crate) net: Net,
    pub(crate) calls: Option<Calls>,
    /// Why it started last, as SCCP tells it.
    pub(crate) last: &'static str,
    /// When it says on the link who it is.
    announce: Option<Time>,
}

/// What is the family's to decide.
#[derive(Debug)]
pub(crate) enum Event {
    /// There is an address and a file server.
    Ready,
    /// The address is gone, and with it all that was under way.
    Lost,
    /// A read has ended.
    Read { id: u16, end: End },
    /// What was asked of the name server.
    Named(Option<Ipv4Addr>),
    /// A call server took the phone.
    Registered,
    /// A call server refuses the phone, or does not answer for long.
    Failed,
    /// A call server tells it to restart.
    Restart,
    /// A call server tells it to read its configuration again.
    Reread,
}

impl Base {
    /// A phone in its box. Its transaction ids are its own, or drawn like all else that it does by chance.
    pub(crate) fn new(rng: Rng, xids: Option<Rng>, can_link: bool) -> Base {
        let body = Body::new(rng, can_link);
        Base { body, net: Net::new(xids), calls: None, last: "Initialized", announce: None }
    }

    /// Forgets everything, as a restart does.
    pub(crate) fn forget(&mut self) {
        self.calls = None;
        self.announce = None;
        self.net.stop(&mut self.body);
    }

    /// The power is gone.
    pub(crate) fn power_off(&mut self) {
        self.last = "Initialized";
        self.body.message = None;
        self.body.show(&[]);
        self.body.light(Vec::new());
    }

    /// Says on the link who it is, and again in a while.
    pub(crate) fn announce(&mut self, now: Time, frames: Vec<Vec<u8>>) {
        self.announce = Some(now + ANNOUNCE);
        self.body.out.extend(frames.into_iter().map(|frame| Output::Wire(Wire::Frame(frame))));
    }

    pub(crate) fn announces(&self, now: Time) -> bool {
        self.announce.is_some_and(|at| at <= now)
    }

    pub(crate) fn receive(&mut self, now: Time, wire: &Wire) {
        self.net.receive(now, wire, &mut self.body);
    }

    pub(crate) fn stream(&mut self, now: Time, port: u16, event: &StreamEvent) {
        if let Some(calls) = &mut self.calls {
            calls.handle_stream(now, port, event);
        }
    }

    /// Reads a file; answers the id that its end will have.
    pub(crate) fn read(&mut self, now: Time, name: &str) -> Option<u16> {
        self.net.read(now, name, &mut self.body)
    }

    pub(crate) fn handle_timeout(&mut self, now: Time) {
        self.net.handle_timeout(now, &mut self.body);
        if let Some(calls) = &mut self.calls {
            calls.handle_timeout(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        let announce = self.announce.map(|at| (at, "CDP is due"));
        let calls = self.calls.as_ref().and_then(Calls::poll_timeout);
        [announce, self.net.poll_timeout(), calls].into_iter().flatten().min()
    }

    /// The next thing that the family has to decide; drain until `None`.
    pub(crate) fn poll_event(&mut self, now: Time) -> Option<Event> {
        loop {
            let told = match self.net.poll_event() {
                Some(event) => self.heed_net(now, event),
                None => {
                    let event = self.calls.as_mut()?.poll_event()?;
                    self.heed_calls(event)
                }
            };
            if told.is_some() {
                return told;
            }
        }
    }

    fn heed_net(&mut self, now: Time, event: net::Event) -> Option<Event> {
        Some(match event {
            net::Event::Ready => Event::Ready,
            net::Event::Lost => {
                self.calls = None;
                Event::Lost
            }
            net::Event::Read { id, end } => Event::Read { id, end },
            net::Event::Named(address) => Event::Named(address),
            net::Event::Datagram { src, port, bytes } => {
                self.calls.as_mut()?.handle_datagram(now, src, port, &bytes);
                return None;
            }
        })
    }

    fn heed_calls(&mut self, event: calls::Event) -> Option<Event> {
        match event {
            calls::Event::Stream { port, act } => self.body.out.push_back(Output::Stream { port, act }),
            calls::Event::Send { from_port, dst, bytes } => self.net.send(from_port, dst, bytes, &mut self.body),
            calls::Event::Show(lines) => self.body.face.show(lines, &mut self.body.out),
            calls::Event::Message(text) => self.body.status_message(text),
            calls::Event::Note(text) => self.body.note(text),
            calls::Event::Ring(on) => {
                // The lamp in the handset; its colour is not documented for every model.
                let lamp = Lamp { name: "message", colour: Colour::Red, mode: LampMode::Flash };
                self.body.light(if on { vec![lamp] } else { Vec::new() });
            }
            calls::Event::Registered => {
                self.body.note("is registered");
                self.body.show(&["Registered"]);
                return Some(Event::Registered);
            }
            calls::Event::Failed => return Some(Event::Failed),
            calls::Event::Restart(why) => {
                self.last = why;
                return Some(Event::Restart);
            }
            calls::Event::Reread => return Some(Event::Reread),
        }
        None
    }
}

/// The usual pause after so many failures in a row.
pub(crate) fn pause(failures: u32) -> Duration {
    (RETRY * 2_u32.saturating_pow(failures.min(8))).min(LONGEST_RETRY)
}
