//! `ringback simulate`: a simulated phone on a real interface, for trying a bench out.

use std::io::Write;
use std::time::Duration;

use clap::Args;
use proto::Mac;
use sim::netstack::Wired;
use sim::phones::cisco_79xx::{Cisco79xx, Model, PhoneSpec};
use sim::{Input, Output, Phone, Wire};

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
    /// The model
    #[arg(long, default_value = "7965")]
    model: String,
    /// Its Ethernet address
    #[arg(long, default_value = "00:11:bb:73:ad:61")]
    mac: Mac,
    /// The load it runs (SCCP45.8-3-2S)
    #[arg(long, value_name = "LOAD")]
    load: Option<String>,
    /// The load that its stored configuration names
    #[arg(long, value_name = "LOAD")]
    wants: Option<String>,
    /// It was wiped: only its boot loader runs
    #[arg(long)]
    wiped: bool,
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

pub(super) fn run(args: &SimulateArgs) -> super::Result {
    let model = Model::find(&args.model)
        .ok_or_else(|| Trouble::new("RB507", format!("no simulated model `{}`", args.model), "Try 7965."))?;
    let usual = PhoneSpec::new(args.mac);
    let shorter = |span: Duration| span / args.faster.max(1);
    let spec = PhoneSpec {
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
    };
    let cable = Link::open_station(&args.iface)
        .map_err(|e| Trouble::new("RB501", format!("{}: {e}", args.iface), "Run it as root."))?;
    let mut phone = Wired::new(Cisco79xx::new(spec));
    let clock = Clock::start();
    let poller = Poller::new()?;
    poller.add(&cable, 1)?;
    let (mut buf, mut ready) = (vec![0u8; 2_048], Vec::new());
    let mut end = clock.now() + Duration::from_secs(args.seconds);
    let mut reached = None;
    phone.handle_input(clock.now(), Input::Power(true));
    loop {
        while let Some(output) = phone.poll_output() {
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
        poller.wait(Some(wake.since(now)), &mut ready)?;
        while let Some(received) = cable.recv(&mut buf)? {
            let mut frame = buf[..received.len].to_vec();
            forget_checksum(&mut frame);
            phone.handle_input(clock.now(), Input::Wire(Wire::Frame(frame)));
            while let Some(output) = phone.poll_output() {
                act(&clock, &cable, output)?;
            }
        }
    }
}

/// A virtual cable hands UDP over with its checksum unfinished, for a card to fill in that is not there.
/// Zero means "no checksum" (RFC 768).
fn forget_checksum(frame: &mut [u8]) {
    let is_ipv4 = frame.get(12..14) == Some(&[0x08, 0x00]);
    let header = frame.get(14).map_or(0, |b| usize::from(b & 0x0f) * 4);
    if is_ipv4
        && frame.get(23) == Some(&17)
        && let Some(sum) = frame.get_mut(14 + header + 6..14 + header + 8)
    {
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
        Output::Wire(Wire::Udp { .. }) | Output::Interface(_) | Output::Order(_) => {}
        Output::Screen(lines) => writeln!(out, "{now:>9}  screen  {}", lines.join(" | "))?,
        Output::Lamps(lamps) => writeln!(out, "{now:>9}  lamps   {} lit", lamps.len())?,
        Output::Note(note) => writeln!(out, "{now:>9}  phone   {note}")?,
    }
    Ok(())
}
