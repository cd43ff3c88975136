//! A bench, phones and people on one table, in virtual time.
//!
//! Everything on the cables is a whole frame: phones speak through a stack of their own, the bench
//! through the host that its contract asks for. Time jumps to the next thing that anybody waits for.
//! Nothing sleeps, and the same phones, people and seeds give the same run.
//! One phone alone hangs on the bench's own socket, so that the bench's link goes and comes with the
//! phone's power; more than one hang on a switch that keeps them apart: what a phone broadcasts reaches
//! the bench and no other phone. Not here: real sockets (the app has them), and judging a run
//! ([`crate::scenario`] and tests do).

mod browser;
mod desk;
mod flows;
mod hands;
mod host;
mod jobs;
mod sending;
mod store;
mod streams;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bench::ledger::Row;
use bench::{Bench, Command, Input as BenchInput, Observation, Seen};
use proto::dhcp::server::Lease;
use proto::{Mac, Time};

pub use desk::{AtDesk, Desk, Typed};
pub use hands::understood;
pub use store::Store;

use crate::faults::{Cable, CableSpec, Delivery, End};
use crate::{Input, Output, Person, Phone, Wire, Wired};
pub use hands::Hands;
use host::Host;

/// Turns at one moment before the rig says that something runs in circles. Cables without delay carry
/// whole loads in one moment.
const BUSY: u32 = 20_000_000;

/// A phone about to be put on the table.
pub struct Seat {
    /// The phone, without power.
    pub phone: Box<dyn Phone + Send>,
    /// Who stands beside it.
    pub person: Option<Person>,
    /// The person does what the bench asks of hands, and confirms what is to be confirmed.
    pub obeys: bool,
    /// Its cable.
    pub cable: CableSpec,
    /// When it gets power.
    pub power_at: Time,
}

impl Seat {
    /// A phone alone on a good cable, powered at once.
    pub fn new(phone: impl Phone + Send + 'static) -> Seat {
        Seat { phone: Box::new(phone), person: None, obeys: false, cable: CableSpec::default(), power_at: Time::ZERO }
    }
}

/// One phone on the table.
struct Place {
    phone: Wired<Box<dyn Phone + Send>>,
    hands: Hands,
    cable: Cable,
    power_at: Option<Time>,
    powered: bool,
    plugged: bool,
    /// When it is to be looked at next, as `Rig::due` has it.
    armed: Time,
}

/// The table.
pub struct Rig {
    host: Host,
    places: Vec<Place>,
    due: BTreeSet<(Time, usize)>,
    flows: flows::Flows,
    desk: BTreeMap<(Time, usize), Vec<AtDesk>>,
    now: Time,
    /// Observations that were looked through for things asked of people.
    read: usize,
    /// What phones said of themselves, with the time and the phone's place.
    pub notes: Vec<(Time, usize, String)>,
    /// What their screens showed.
    pub screens: Vec<(Time, usize, Vec<String>)>,
}

impl Rig {
    /// A table with this bench, switched on at time zero, and what is on its shelf or in its folder.
    pub fn new(bench: Bench, store: Store) -> Rig {
        Rig {
            host: Host::new(bench, store),
            places: Vec::new(),
            due: BTreeSet::new(),
            flows: flows::Flows::default(),
            desk: BTreeMap::new(),
            now: Time::ZERO,
            read: 0,
            notes: Vec::new(),
            screens: Vec::new(),
        }
    }

    /// Puts a phone on the table; answers its place, counted from 0.
    pub fn plug(&mut self, seat: Seat) -> usize {
        let place = self.places.len();
        self.places.push(Place {
            phone: Wired::new(seat.phone),
            hands: Hands::new(seat.person, seat.obeys),
            cable: Cable::new(&seat.cable),
            power_at: Some(seat.power_at),
            powered: false,
            plugged: true,
            armed: Time::NEVER,
        });
        self.turn(place);
        self.link();
        place
    }

    /// A firewall of the bench's computer keeps this port shut: frames are still seen by the raw socket.
    pub fn shut(&mut self, port: u16) {
        self.host.shut(port);
    }

    /// The bench.
    pub fn bench(&self) -> &Bench {
        &self.host.bench
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Every observation, in order.
    pub fn journal(&self) -> &[Observation] {
        &self.host.journal
    }

    /// Every row by its key, the last state of each stay.
    pub fn rows(&self) -> &BTreeMap<(u64, u64), Row> {
        &self.host.rows
    }

    /// The leases that run.
    pub fn leases(&self) -> &[Lease] {
        &self.host.leases
    }

    /// Transfers that the host has under way.
    pub fn transfers(&self) -> usize {
        self.host.transfers()
    }

    /// How many phones there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// A phone.
    pub fn phone(&self, place: usize) -> Option<&dyn Phone> {
        self.places.get(place).map(|p| &p.phone as &dyn Phone)
    }

    /// The person beside a phone.
    pub fn person_mut(&mut self, place: usize) -> Option<&mut Person> {
        self.places.get_mut(place)?.hands.person_mut()
    }

    /// Hands something to the bench, as the technician or the host does.
    pub fn tell_bench(&mut self, input: BenchInput<'_>) {
        self.host.tell(self.now, input);
        self.carry();
    }

    /// Hands something to a phone.
    pub fn give(&mut self, place: usize, input: Input) {
        self.hand(place, input);
        self.arm(place);
    }

    /// Lets time run until `done` says so or `limit` has passed; answers whether it was done.
    pub fn run(&mut self, limit: Duration, mut done: impl FnMut(&Rig) -> bool) -> bool {
        let end = self.now + limit;
        let mut busy = 0;
        loop {
            if done(self) {
                return true;
            }
            let soonest = self.due.first().map_or(Time::NEVER, |(at, _)| *at).min(self.host.poll_timeout());
            let soonest = soonest.min(self.flows.poll_timeout()).min(self.desk_timeout());
            let next = soonest.max(self.now);
            if next > end {
                self.now = end;
                return false;
            }
            busy = if next == self.now { busy + 1 } else { 0 };
            assert!(busy < BUSY, "the rig runs in circles at {}", self.now);
            self.now = next;
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.now;
        self.sit_down();
        let due: Vec<usize> = self.due.iter().take_while(|(at, _)| *at <= now).map(|(_, place)| *place).collect();
        for place in due {
            self.turn(place);
        }
        self.flow();
        if self.host.poll_timeout() <= now {
            self.host.handle_timeout(now);
            self.carry();
        }
    }

    /// Everything that is due at one place.
    fn turn(&mut self, place: usize) {
        let now = self.now;
        while let Some(delivery) = self.places.get_mut(place).and_then(|p| p.cable.poll(now)) {
            match delivery {
                Delivery::Link(up) => self.hand(place, Input::Link(up)),
                Delivery::Wire { to: End::Phone, wire } => self.hand(place, Input::Wire(wire)),
                Delivery::Wire { to: End::Bench, wire: Wire::Frame(frame) } => {
                    self.host.hear(now, &frame);
                    self.carry();
                }
                Delivery::Wire { to: End::Bench, wire: Wire::Udp { .. } } => {}
            }
        }
        if self.places.get_mut(place).is_some_and(|p| p.power_at.take_if(|at| *at <= now).is_some()) {
            self.hand(place, Input::Power(true));
        }
        while let Some(input) = self.places.get_mut(place).and_then(|p| p.hands.poll_input(now)) {
            self.hand(place, input);
        }
        while let Some(p) = self.places.get_mut(place)
            && let Some(command) = p.hands.poll_command(p.phone.mac())
        {
            self.tell_bench(BenchInput::Command(command));
        }
        self.confirm(place);
        if self.places.get(place).and_then(|p| p.phone.poll_timeout()).is_some_and(|t| t.0 <= now) {
            self.hand(place, Input::Timeout);
        }
        self.arm(place);
    }

    /// Hands something to a phone and carries away what it does about it.
    fn hand(&mut self, place: usize, input: Input) {
        let now = self.now;
        let Some(p) = self.places.get_mut(place) else { return };
        let moved = match input {
            Input::Power(on) => std::mem::replace(&mut p.powered, on) != on,
            Input::Link(up) => std::mem::replace(&mut p.plugged, up) != up,
            _ => false,
        };
        p.phone.handle_input(now, input);
        self.heed(place);
        if moved {
            self.link();
        }
    }

    /// Carries away what a phone does.
    fn heed(&mut self, place: usize) {
        let now = self.now;
        let Some(p) = self.places.get_mut(place) else { return };
        let mut orders = Vec::new();
        while let Some(output) = p.phone.poll_output() {
            p.hands.see(&output);
            match output {
                Output::Wire(wire) => p.cable.carry(now, End::Phone, wire),
                Output::Note(note) => self.notes.push((now, place, note)),
                Output::Screen(lines) => self.screens.push((now, place, lines)),
                Output::Order(order) => orders.push(order),
                Output::Stream { .. } | Output::Interface(_) | Output::Lamps(_) => {}
            }
        }
        orders.iter().for_each(|order| self.order(place, order));
    }

    /// Tells the bench what its network card sees of the cable.
    fn link(&mut self) {
        let up = match self.places.as_slice() {
            [alone] => alone.powered && alone.plugged && alone.phone.can_link(),
            _ => true,
        };
        if self.host.bench.state().link != Some(up) {
            self.tell_bench(BenchInput::Link { up });
        }
    }

    /// Puts what the host sends on the cables, and hears what the bench asks of people.
    fn carry(&mut self) {
        let now = self.now;
        while let Some(frame) = self.host.poll_frame() {
            let Some(to) = frame.first_chunk().map(|mac| Mac(*mac)) else { continue };
            for place in 0..self.places.len() {
                let Some(p) = self.places.get_mut(place) else { continue };
                if to.is_group() || p.phone.mac() == to {
                    p.cable.carry(now, End::Bench, Wire::Frame(frame.clone()));
                    self.arm(place);
                }
            }
        }
        self.take_answers();
        self.take_jobs();
        let news = self.host.journal.get(self.read..).unwrap_or_default();
        self.read += news.len();
        for observation in news {
            let said = bench::view::line(observation);
            let asked = match &observation.seen {
                Seen::StepBegan { ask, .. } => ask.as_ref(),
                _ => None,
            };
            for (place, p) in self.places.iter_mut().enumerate() {
                if p.hands.person_mut().is_none() || observation.phone.is_some_and(|phone| p.phone.mac() != phone) {
                    continue;
                }
                said.iter().for_each(|said| p.hands.hear(said));
                asked.iter().for_each(|asked| p.hands.ask(now, asked));
                Rig::rearm(&mut self.due, place, p);
            }
        }
    }

    /// Says to the bench that what it asked for is done, or what the screen shows, if it still wants to hear that.
    fn confirm(&mut self, place: usize) {
        let now = self.now;
        if let Some(p) = self.places.get_mut(place)
            && let Some((asked, answer)) = p.hands.take_answer(now)
        {
            let phone = p.phone.mac();
            let procedure = self.host.bench.state().sessions.get(&phone).and_then(|s| s.procedure.as_ref());
            let asks_now = procedure.and_then(|p| p.current()).and_then(|s| s.ask.as_ref());
            if asks_now == Some(&asked) {
                self.tell_bench(BenchInput::Command(Command::Answer { phone, answer }));
            }
        }
        let Some(p) = self.places.get_mut(place) else { return };
        let (phone, Some(done)) = (p.phone.mac(), p.hands.take_done()) else { return };
        let procedure = self.host.bench.state().sessions.get(&phone).and_then(|s| s.procedure.as_ref());
        let asks_now = procedure.and_then(|p| p.current()).and_then(|s| s.ask.as_ref());
        if done.confirm && asks_now == Some(&done) {
            self.tell_bench(BenchInput::Command(Command::Confirm { phone }));
        }
    }

    fn arm(&mut self, place: usize) {
        if let Some(p) = self.places.get_mut(place) {
            Rig::rearm(&mut self.due, place, p);
        }
    }

    fn rearm(due: &mut BTreeSet<(Time, usize)>, place: usize, p: &mut Place) {
        let waits = [p.phone.poll_timeout().map(|t| t.0), p.cable.poll_timeout().map(|t| t.0)];
        let at = waits.into_iter().chain([p.hands.poll_timeout(), p.power_at]).flatten().min().unwrap_or(Time::NEVER);
        if at != p.armed {
            due.remove(&(p.armed, place));
            p.armed = at;
            if at < Time::NEVER {
                due.insert((at, place));
            }
        }
    }
}
