//! `ringback simulate`: a simulated phone on a real interface, for trying a bench out.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use proto::Mac;
use sim::firmware::classic::Name;
use sim::netstack::Wired;
use sim::person::{Asked, Script};
use sim::phones::aastra::{self, Aastra};
use sim::phones::cisco_79xx::{Cisco79xx, Model, PhoneSpec};
use sim::phones::cisco_7940::{self, Cisco7940};
use sim::phones::yealink::{self, Yealink};
use sim::{Input, Output, Person, Phone, Wire};

use crate::io::clock::Clock;
use crate::io::link::Link;
use crate::io::poller::Poller;
use crate::trouble::Trouble;

/// Play a simulated phone on an interface (for trying a bench out, in a network namespace)
#[derive(Args)]
pub(crate) struct SimulateArgs {
    /// The interface; give it no address of its own
    #[arg(long, value_name = "IF")]
    iface: String,
    /// The model: 7940, 7960, one of 7906 to 7975, 6757i and its kin, 6867i and its kin, T46G and its kin
    #[arg(long, default_value = "7965")]
    model: String,
    /// Its Ethernet address
    #[arg(long, default_value = "00:11:bb:73:ad:61")]
    mac: Mac,
    /// The load it runs (SCCP45.8-3-2S; of a 7940 P0S3-8-12-00)
    #[arg(long, value_name = "LOAD")]
    load: Option<String>,
    /// The load that its stored configuration names
    #[arg(long, value_name = "LOAD")]
    wants: Option<String>,
    /// It was wiped: only its boot loader runs (of a 7940: no application is valid; of an Aastra, Mitel or
    /// Yealink: its firmware is gone)
    #[arg(long)]
    wiped: bool,
    /// How the recovery page of an Aastra or Mitel is written: plain, table, radio, frames and so on
    #[arg(long, value_name = "NAME", default_value = "plain")]
    page: String,
    /// What somebody does to it at the start: `hold 1 and # while powering, then press ok`
    #[arg(long, value_name = "DEEDS")]
    hands: Option<String>,
    /// Its own waits (self-test, VLAN, flash) are this many times shorter
    #[arg(long, value_name = "N", default_value_t = 1)]
    faster: u32,
    /// Stop some time after it runs this load
    #[arg(long, value_name = "LOAD")]
    until_load: Option<String>,
    /// How long after: it still has to say so on the wire
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    linger: u64,
    /// Stop after this time at the latest
    #[arg(long, value_name = "SECONDS", default_value_t = 3_600)]
    seconds: u64,
}

/// The phone that was asked for.
fn phone(args: &SimulateArgs) -> super::Result<Box<dyn Phone>> {
    if let Some(model) = cisco_7940::Model::find(&args.model) {
        return classic(args, model);
    }
    if let Some(model) = aastra::Model::find(&args.model) {
        return mitel(args, model);
    }
    if let Some(model) = yealink::Model::find(&args.model) {
        return Ok(Box::new(yealink_phone(args, model)));
    }
    let model = Model::find(&args.model).ok_or_else(|| {
        Trouble::new("RB507", format!("no simulated model `{}`", args.model), "Try 7940, 7965, 6757i or T46G.")
    })?;
    let usual = PhoneSpec::new(args.mac);
    let shorter = |span: Duration| span / args.faster.max(1);
    Ok(Box::new(Cisco79xx::new(PhoneSpec {
        model,
        load: args.load.clone(),
        wanted_load: args.wants.clone(),
        wiped: args.wiped,
        self_test: shorter(usual.self_test),
        vlan_wait: shorter(usual.vlan_wait),
        flash_time: shorter(usual.flash_time),
        erase_time: shorter(usual.erase_time),
        seed: u64::from(args.mac.0[5]),
        ..usual
    })))
}

/// A 7940 or 7960, whose loads have other names.
fn classic(args: &SimulateArgs, model: cisco_7940::Model) -> super::Result<Box<dyn Phone>> {
    let usual = cisco_7940::PhoneSpec::new(args.mac);
    let shorter = |span: Duration| span / args.faster.max(1);
    let load = match &args.load {
        Some(text) => {
            text.parse::<Name>().map_err(|e| Trouble::new("RB507", e, "P0S3-8-12-00 is one, P00308000700 another."))?
        }
        None => usual.load.clone(),
    };
    Ok(Box::new(Cisco7940::new(cisco_7940::PhoneSpec {
        model,
        load,
        wanted_load: args.wants.clone(),
        no_application: args.wiped,
        self_test: shorter(usual.self_test),
        vlan_wait: shorter(usual.vlan_wait),
        flash_time: shorter(usual.flash_time),
        erase_time: shorter(usual.erase_time),
        app_start: shorter(usual.app_start),
        seed: u64::from(args.mac.0[5]),
        ..usual
    })))
}

/// An Aastra or Mitel SIP phone.
fn mitel(args: &SimulateArgs, model: &'static aastra::Model) -> super::Result<Box<dyn Phone>> {
    let usual = aastra::AastraSpec::new(args.mac);
    let shorter = |span: Duration| span / args.faster.max(1);
    let page = aastra::page::Spelling::find(&args.page).ok_or_else(|| {
        let known: Vec<&str> = aastra::page::SPELLINGS.iter().map(|(name, _)| *name).collect();
        Trouble::new("RB507", format!("no recovery page `{}`", args.page), format!("There are {}.", known.join(", ")))
    })?;
    Ok(Box::new(Aastra::new(aastra::AastraSpec {
        model,
        page,
        load: args.load.clone(),
        broken: args.wiped,
        self_test: shorter(usual.self_test),
        dhcp_patience: shorter(usual.dhcp_patience),
        flash_time: shorter(usual.flash_time),
        seed: u64::from(args.mac.0[5]),
        ..usual
    })))
}

/// A Yealink SIP phone.
fn yealink_phone(args: &SimulateArgs, model: &'static yealink::Model) -> Yealink {
    let usual = yealink::YealinkSpec::new(args.mac);
    let shorter = |span: Duration| span / args.faster.max(1);
    Yealink::new(yealink::YealinkSpec {
        model,
        load: args.load.clone(),
        broken: args.wiped,
        self_test: shorter(usual.self_test),
        speaker_hold: shorter(usual.speaker_hold),
        flash_time: shorter(usual.flash_time),
        seed: u64::from(args.mac.0[5]),
        ..usual
    })
}

/// Whoever does at the start what was asked for.
fn hands(args: &SimulateArgs) -> super::Result<Option<(Person, bool)>> {
    let Some(text) = &args.hands else { return Ok(None) };
    let asked: Asked = text.parse().map_err(|e| Trouble::new("RB507", format!("--hands: {e}"), "Say it like that."))?;
    let mut person = Person::new(&Script::default());
    person.obey(&asked);
    Ok(Some((person, asked.cycle)))
}

pub(super) fn run(args: &SimulateArgs) -> super::Result {
    let phone = phone(args)?;
    let cable = Link::open_station(&args.iface)
        .map_err(|e| Trouble::new("RB501", format!("{}: {e}", args.iface), "Run it as root."))?;
    let mut phone = Wired::with_tcp(phone);
    let mut hands = hands(args)?;
    let clock = Clock::start();
    let poller = Poller::new()?;
    poller.add(&cable, 1)?;
    // A virtual cable hands over what the other side's card would still have cut into frames.
    let (mut buf, mut ready) = (vec![0u8; 70_000], Vec::new());
    let mut end = clock.now() + Duration::from_secs(args.seconds);
    let mut reached = None;
    if !hands.as_ref().is_some_and(|(_, powers)| *powers) {
        phone.handle_input(clock.now(), Input::Power(true));
    }
    loop {
        while let Some(input) = hands.as_mut().and_then(|(person, _)| person.poll_input(clock.now())) {
            phone.handle_input(clock.now(), input);
        }
        while let Some(output) = phone.poll_output() {
            hands.iter_mut().for_each(|(person, _)| person.see(&output));
            act(&clock, &cable, output)?;
        }
        let now = clock.now();
        if reached.is_none() && args.until_load.as_ref().is_some_and(|l| phone.status().load.as_ref() == Some(l)) {
            reached = Some(now);
            end = end.min(now + Duration::from_secs(args.linger));
        }
        if now >= end {
            return Ok(u8::from(reached.is_none() && args.until_load.is_some()));
        }
        let wake = phone.poll_timeout().map_or(end, |t| t.0.min(end));
        if wake <= now {
            phone.handle_input(now, Input::Timeout);
            continue;
        }
        let wake = hands.as_ref().and_then(|(person, _)| person.poll_timeout()).map_or(wake, |t| t.0.min(wake));
        if wake <= now {
            continue;
        }
        poller.wait(Some(wake.since(now)), &mut ready)?;
        while let Some(received) = cable.recv(&mut buf)? {
            let mut frame = buf[..received.len].to_vec();
            forget_checksum(&mut frame);
            phone.handle_input(clock.now(), Input::Wire(Wire::Frame(frame)));
            while let Some(output) = phone.poll_output() {
                hands.iter_mut().for_each(|(person, _)| person.see(&output));
                act(&clock, &cable, output)?;
            }
        }
    }
}

/// A virtual cable hands UDP and TCP over with their checksums unfinished, for a card to fill in that is not
/// there. Zero means "no checksum" (RFC 768), and to the simulated phone's stack so for TCP.
fn forget_checksum(frame: &mut [u8]) {
    let is_ipv4 = frame.get(12..14) == Some(&[0x08, 0x00]);
    let header = frame.get(14).map_or(0, |b| usize::from(b & 0x0f) * 4);
    let at = match frame.get(23) {
        Some(17) => 14 + header + 6,
        Some(6) => 14 + header + 16,
        _ => return,
    };
    if is_ipv4 && let Some(sum) = frame.get_mut(at..at + 2) {
        sum.fill(0);
    }
}

fn act(clock: &Clock, cable: &Link, output: Output) -> super::Result<()> {
    let now = clock.now();
    let mut out = std::io::stdout();
    match output {
        Output::Wire(Wire::Frame(frame)) => {
            // A send that fails is a lost frame; the phone repeats.
            let _ = cable.send(&frame);
        }
        Output::Wire(Wire::Udp { .. }) | Output::Stream { .. } | Output::Interface(_) | Output::Order(_) => {}
        Output::Screen(lines) => writeln!(out, "{now:>9}  screen  {}", lines.join(" | "))?,
        Output::Lamps(lamps) => writeln!(out, "{now:>9}  lamps   {} lit", lamps.len())?,
        Output::Note(note) => writeln!(out, "{now:>9}  phone   {note}")?,
    }
    Ok(())
}
