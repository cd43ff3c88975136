//! A phone that speaks and hears whole frames only.

use proto::{Mac, Time};

use super::NetStack;
use crate::stream::{Answer, Conn};
use crate::{Input, Output, Phone, PhoneStatus, Wire};

/// A phone with its own stack around it. [`Wire::Udp`] neither comes out of it nor has to go in.
#[derive(Debug)]
pub struct Wired<P> {
    phone: P,
    stack: NetStack,
    out: std::collections::VecDeque<Output>,
}

impl<P: Phone> Wired<P> {
    /// Puts a stack around a phone.
    pub fn new(phone: P) -> Wired<P> {
        Wired { stack: NetStack::new(phone.mac()), phone, out: std::collections::VecDeque::new() }
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
                    Output::Interface(interface) => {
                        self.stack.set_interface(interface);
                        self.out.push_back(output);
                    }
                    other => self.out.push_back(other),
                }
            }
            while let Some(frame) = self.stack.poll_frame() {
                self.out.push_back(Output::Wire(Wire::Frame(frame)));
            }
            let Some(wire) = self.stack.poll_wire() else { return };
            self.phone.handle_input(now, Input::Wire(wire));
        }
    }
}

impl<P: Phone> Phone for Wired<P> {
    fn mac(&self) -> Mac {
        self.phone.mac()
    }

    fn handle_input(&mut self, now: Time, input: Input) {
        match input {
            Input::Wire(Wire::Frame(frame)) => self.stack.receive(now, &frame),
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

    fn status(&self) -> PhoneStatus {
        self.phone.status()
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
