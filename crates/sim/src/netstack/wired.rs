//! A phone that speaks and hears whole frames only.

use proto::{Mac, Time};

use super::orders::Orders;
use super::{NetStack, ServedNews};
use crate::stream::{Answer, Conn};
use crate::{Input, Output, Phone, PhoneStatus, StreamEvent, Wire};

/// The port of the phones' own servers.
const HTTP: u16 = 80;

/// A phone with its own stack around it. [`Wire::Udp`] and streams neither come out of it nor have to go in.
#[derive(Debug)]
pub struct Wired<P> {
    phone: P,
    stack: NetStack,
    /// Files over TCP, when this stack carries them and not whoever drives it.
    orders: Option<Orders>,
    out: std::collections::VecDeque<Output>,
}

impl<P: Phone> Wired<P> {
    /// Puts a stack around a phone.
    pub fn new(phone: P) -> Wired<P> {
        Wired { stack: NetStack::new(phone.mac()), phone, orders: None, out: std::collections::VecDeque::new() }
    }

    /// The same, with TCP for the files that it orders and for its own server: neither [`Output::Order`] nor
    /// [`Phone::on_segment`] has to be carried then.
    pub fn with_tcp(phone: P) -> Wired<P> {
        Wired { orders: Some(Orders::default()), ..Wired::new(phone) }
    }

    /// The phone inside.
    pub fn phone(&self) -> &P {
        &self.phone
    }

    /// Hands everything on until neither side has anything left to say.
    fn settle(&mut self, now: Time) {
        loop {
            while let Some(output) = self.phone.poll_output() {
                match output {
                    Output::Wire(wire) => self.stack.send(now, wire),
                    Output::Stream { port, act } => self.stack.stream(now, port, act),
                    Output::Order(order) if self.orders.is_some() => {
                        self.orders.iter_mut().for_each(|orders| orders.start(order.clone()));
                    }
                    Output::Interface(interface) => {
                        self.stack.set_interface(interface);
                        if interface.address.is_none() {
                            self.orders.iter_mut().for_each(Orders::forget);
                        }
                        self.out.push_back(output);
                    }
                    other => self.out.push_back(other),
                }
            }
            if self.carry_orders(now) {
                continue;
            }
            while let Some(frame) = self.stack.poll_frame() {
                self.out.push_back(Output::Wire(Wire::Frame(frame)));
            }
            let heard = self.stack.poll_wire().map(Input::Wire).or_else(|| self.stack.poll_stream());
            match heard {
                Some(Input::Stream { port, event }) if self.is_ordered(port, &event) => {}
                Some(input) => self.phone.handle_input(now, input),
                None if self.serve(now) => {}
                None => return,
            }
        }
    }

    fn is_ordered(&mut self, port: u16, event: &StreamEvent) -> bool {
        self.orders.as_mut().is_some_and(|orders| orders.hear(port, event))
    }

    /// What the files under way say and bring; answers whether the phone heard of any.
    fn carry_orders(&mut self, now: Time) -> bool {
        let Some(orders) = &mut self.orders else { return false };
        while let Some((port, act)) = orders.poll_act() {
            self.stack.stream(now, port, act);
        }
        let mut heard = false;
        while let Some((id, part)) = orders.poll_part() {
            heard = true;
            self.phone.handle_input(now, Input::Part { id, part });
        }
        heard
    }

    /// Hands a segment to the phone's own server; answers whether there was one.
    fn serve(&mut self, now: Time) -> bool {
        let Some((conn, news)) = self.stack.poll_served() else { return false };
        match news {
            ServedNews::Segment(bytes) => {
                let answer = self.phone.on_segment(now, conn, &bytes);
                self.stack.answer(now, conn, &answer.bytes, answer.close);
            }
            ServedNews::Closed => self.phone.on_close(now, conn),
        }
        true
    }
}

impl<P: Phone> Phone for Wired<P> {
    fn mac(&self) -> Mac {
        self.phone.mac()
    }

    fn handle_input(&mut self, now: Time, input: Input) {
        match input {
            Input::Wire(Wire::Frame(frame)) => {
                let server = self.orders.is_some() && self.phone.listens(HTTP);
                self.stack.listen(server.then_some(HTTP));
                self.stack.receive(now, &frame);
            }
            Input::Timeout => {
                self.stack.handle_timeout(now);
                if self.phone.poll_timeout().is_some_and(|(at, _)| at <= now) {
                    self.phone.handle_input(now, Input::Timeout);
                }
            }
            other => self.phone.handle_input(now, other),
        }
        self.settle(now);
    }

    fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<(Time, &'static str)> {
        self.phone.poll_timeout().into_iter().chain(self.stack.poll_timeout()).min()
    }

    fn can_link(&self) -> bool {
        self.phone.can_link()
    }

    fn status(&self) -> PhoneStatus {
        self.phone.status()
    }

    fn setting(&self, key: &str) -> Option<String> {
        self.phone.setting(key)
    }

    fn listens(&self, port: u16) -> bool {
        self.phone.listens(port)
    }

    fn on_segment(&mut self, now: Time, conn: Conn, bytes: &[u8]) -> Answer {
        let answer = self.phone.on_segment(now, conn, bytes);
        self.settle(now);
        answer
    }

    fn on_close(&mut self, now: Time, conn: Conn) {
        self.phone.on_close(now, conn);
        self.settle(now);
    }
}
