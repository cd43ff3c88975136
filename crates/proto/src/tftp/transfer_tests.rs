//! The transfer machine: conversations first, then whole reads over a cable that loses packets.

use std::cell::Cell;

use proptest::prelude::*;

use super::super::wire_tests::{Cable, Lcg, Made, asking, rolling};
use super::super::{Counted, Sink, Wish, client};
use super::*;

const T0: Time = Time::ZERO;
const NOTHING: [Vec<u8>; 0] = [];

fn ms(millis: u64) -> Time {
    Time::from_millis(millis)
}

fn begin<S: Source>(request: &[u8], quirks: Quirks, source: S) -> Transfer<S> {
    match Packet::parse(request) {
        Ok(Packet::Rrq(request)) => Transfer::new(T0, &request, quirks, source),
        other => panic!("not a read request: {other:?}"),
    }
}

fn said<S: Source>(transfer: &mut Transfer<S>, now: Time) -> Vec<Vec<u8>> {
    let (mut all, mut out) = (Vec::new(), Vec::new());
    while transfer.poll_transmit(now, &mut out) {
        all.push(out.clone());
    }
    all
}

/// The block numbers of everything the server has to say now; it must be DATA.
fn blocks<S: Source>(transfer: &mut Transfer<S>, now: Time) -> Vec<u16> {
    let number = |datagram: &Vec<u8>| match Packet::parse(datagram) {
        Ok(Packet::Data { block, .. }) => block,
        other => panic!("not data: {other:?}"),
    };
    said(transfer, now).iter().map(number).collect()
}

fn ack<S: Source>(transfer: &mut Transfer<S>, now: Time, block: u16) {
    transfer.handle(now, &Packet::Ack { block }.to_vec());
}

/// A transfer of `blocks` full blocks and an empty one, past its OACK.
fn windowed(window: u16, blocks: usize) -> Transfer<Vec<u8>> {
    let request = format!("\0\x01f\0octet\0blksize\x008\0windowsize\0{window}\0");
    let mut transfer = begin(request.as_bytes(), Quirks::default(), vec![0; blocks * 8]);
    assert_eq!(said(&mut transfer, T0).len(), 1);
    ack(&mut transfer, T0, 0);
    transfer
}

#[test]
fn a_plain_request_gets_blocks_of_512_in_lock_step() {
    let mut transfer = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![7; 1024]);
    let first = said(&mut transfer, T0);
    assert_eq!(first, [Packet::Data { block: 1, data: &[7; 512] }.to_vec()]);
    ack(&mut transfer, T0, 1);
    assert_eq!(blocks(&mut transfer, T0), [2]);
    ack(&mut transfer, T0, 2);
    assert_eq!(said(&mut transfer, T0), [b"\0\x03\0\x03"], "a file of full blocks ends with an empty one");
    assert_eq!(transfer.progress().bytes_acked, 1024);
    assert_eq!(transfer.outcome(), None);
    ack(&mut transfer, ms(5), 3);
    assert_eq!(transfer.outcome(), Some(&Outcome::Done { bytes: 1024, took: Duration::from_millis(5) }));
    assert_eq!(transfer.poll_timeout(), None);
    assert_eq!(said(&mut transfer, T0), NOTHING);
}

#[test]
fn an_empty_file_is_one_empty_block() {
    let mut transfer = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![]);
    assert_eq!(said(&mut transfer, T0), [b"\0\x03\0\x01"]);
    ack(&mut transfer, T0, 1);
    assert!(matches!(transfer.outcome(), Some(Outcome::Done { bytes: 0, .. })));
}

#[test]
fn only_sensible_options_are_acknowledged() {
    let oack = |options: &str, quirks: Quirks| {
        let request = format!("\0\x01f\0octet\0{options}");
        let mut transfer = begin(request.as_bytes(), quirks, vec![0; 1000]);
        match said(&mut transfer, T0) {
            all if all[0].starts_with(b"\0\x06") => String::from_utf8(all[0][2..].to_vec()).unwrap().replace('\0', " "),
            all => format!("data of {}", all[0].len() - 4),
        }
    };
    let open = Quirks::default();
    assert_eq!(oack("TSize\x000\0blksize\x001024\0", open), "tsize 1000 blksize 1024 ", "in the order asked");
    assert_eq!(oack("blksize\x0065464\0", open), "blksize 1468 ", "capped");
    assert_eq!(oack("blksize\x0065464\0", Quirks { max_blksize: 65_535, ..open }), "blksize 65464 ");
    assert_eq!(oack("blksize\0999999\0", open), "blksize 1468 ");
    for odd in ["blksize\x007\0", "blksize\x000\0", "blksize\0abc\0", "blksize\0\0", "blksize\0-1\0", "colour\x005\0"] {
        assert_eq!(oack(odd, open), "data of 512", "{odd:?}");
    }
    for odd in ["timeout\x000\0", "timeout\x00256\0", "windowsize\x000\0", "windowsize\x0065536\0"] {
        assert_eq!(oack(odd, open), "data of 512", "{odd:?}");
    }
    assert_eq!(oack("windowsize\x0065535\0timeout\x00255\0", open), "windowsize 64 timeout 255 ");
    assert_eq!(oack("blksize\x0016\0BLKSIZE\x0032\0", open), "blksize 16 ", "the first of a kind");
    assert_eq!(oack("blksize\x001024\0tsize\x000\0", Quirks { refuse_options: true, ..open }), "data of 512");
}

#[test]
fn the_options_count_from_the_ack_of_the_oack() {
    let mut transfer = begin(b"\0\x01f\0octet\0blksize\x0016\0", Quirks::default(), vec![0; 20]);
    let oack = said(&mut transfer, T0);
    assert_eq!(oack, [b"\0\x06blksize\x0016\0"]);
    ack(&mut transfer, T0, 1);
    assert_eq!(said(&mut transfer, T0), NOTHING, "ACK 0 is what answers an OACK");
    transfer.handle_timeout(ms(250));
    assert_eq!(said(&mut transfer, ms(250)), oack);
    ack(&mut transfer, ms(260), 0);
    ack(&mut transfer, ms(260), 0);
    let first = said(&mut transfer, ms(260));
    assert_eq!((first.len(), first[0].len()), (1, 4 + 16));
}

#[test]
fn repeats_come_after_250_ms_and_double_up_to_4_s() {
    let mut transfer = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![0; 2000]);
    assert_eq!(blocks(&mut transfer, T0), [1]);
    ack(&mut transfer, T0, 1);
    assert_eq!(blocks(&mut transfer, T0), [2]);
    let (mut now, mut waits) = (T0, Vec::new());
    while waits.len() < 7 {
        let (at, why) = transfer.poll_timeout().unwrap();
        assert_eq!(why, "TFTP repeat");
        waits.push((at - now).as_millis());
        now = at;
        transfer.handle_timeout(now);
        assert_eq!(blocks(&mut transfer, now), [2]);
    }
    assert_eq!(waits, [250, 500, 1000, 2000, 4000, 4000, 4000]);
    ack(&mut transfer, now, 2);
    assert_eq!(blocks(&mut transfer, now), [3]);
    assert_eq!(transfer.poll_timeout().unwrap().0 - now, Duration::from_millis(250), "the peer got on");
}

#[test]
fn an_agreed_timeout_is_the_first_wait() {
    let mut transfer = begin(b"\0\x01f\0octet\0timeout\x0010\0", Quirks::default(), vec![0; 2000]);
    said(&mut transfer, T0);
    assert_eq!(transfer.poll_timeout(), Some((Time::from_secs(10), "TFTP repeat")));
    transfer.handle_timeout(ms(9_999));
    assert_eq!(said(&mut transfer, ms(9_999)), NOTHING);
}

/// Lets the timers run until the transfer has ended and says when that was.
fn left_alone<S: Source>(transfer: &mut Transfer<S>) -> Time {
    let (mut now, mut out) = (T0, Vec::new());
    while let Some((at, _)) = transfer.poll_timeout() {
        now = at;
        transfer.handle_timeout(now);
        while transfer.poll_transmit(now, &mut out) {}
    }
    now
}

#[test]
fn a_phone_may_be_silent_for_two_minutes_but_a_stranger_only_for_thirty_seconds() {
    let mut stranger = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![0; 2000]);
    said(&mut stranger, T0);
    assert_eq!(left_alone(&mut stranger), Time::from_secs(30));
    assert_eq!(stranger.outcome(), Some(&Outcome::GaveUp { why: Stopped::Unanswered, all_sent: false }));
    assert!(stranger.progress().sent_blocks <= 12, "little is sent to an address that never answered");

    let mut phone = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![0; 600]);
    said(&mut phone, T0);
    ack(&mut phone, T0, 1);
    said(&mut phone, T0);
    assert_eq!(left_alone(&mut phone), Time::from_secs(120));
    assert_eq!(phone.outcome(), Some(&Outcome::GaveUp { why: Stopped::Silent, all_sent: true }));
}

#[test]
fn a_phone_that_erases_its_flash_for_a_minute_keeps_its_transfer() {
    let mut transfer = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![0; 2000]);
    said(&mut transfer, T0);
    ack(&mut transfer, T0, 1);
    said(&mut transfer, T0);
    while let Some((at, _)) = transfer.poll_timeout().filter(|(at, _)| *at < Time::from_secs(60)) {
        transfer.handle_timeout(at);
        said(&mut transfer, at);
    }
    ack(&mut transfer, Time::from_secs(60), 2);
    assert_eq!(blocks(&mut transfer, Time::from_secs(60)), [3]);
}

#[test]
fn a_peer_that_only_repeats_itself_does_not_hold_a_transfer_for_ever() {
    let mut transfer = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![0; 2000]);
    said(&mut transfer, T0);
    let mut now = T0;
    while transfer.outcome().is_none() {
        now += Duration::from_secs(5);
        ack(&mut transfer, now, 0);
        transfer.handle_timeout(now);
    }
    assert_eq!(now, Time::from_secs(600));
    assert_eq!(transfer.outcome(), Some(&Outcome::GaveUp { why: Stopped::Standstill, all_sent: false }));
}

#[test]
fn a_doubled_ack_never_doubles_the_data() {
    let mut transfer = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![0; 512 * 50]);
    let mut sent = blocks(&mut transfer, T0);
    for block in 1..=51 {
        for _ in 0..3 {
            ack(&mut transfer, T0, block);
            sent.extend(blocks(&mut transfer, T0));
        }
        ack(&mut transfer, T0, block - 1);
        sent.extend(blocks(&mut transfer, T0));
    }
    assert_eq!(sent, (1..=51).collect::<Vec<u16>>());
    assert!(matches!(transfer.outcome(), Some(Outcome::Done { .. })));
}

#[test]
fn an_ack_inside_a_window_moves_the_window_there_once() {
    let mut transfer = windowed(8, 100);
    assert_eq!(blocks(&mut transfer, T0), (1..=8).collect::<Vec<_>>());
    ack(&mut transfer, T0, 3);
    assert_eq!(blocks(&mut transfer, T0), (4..=11).collect::<Vec<_>>(), "4 was lost");
    ack(&mut transfer, T0, 3);
    ack(&mut transfer, T0, 2);
    assert_eq!(blocks(&mut transfer, T0), [0u16; 0], "said twice");
    ack(&mut transfer, T0, 11);
    assert_eq!(blocks(&mut transfer, T0), (12..=19).collect::<Vec<_>>());
    ack(&mut transfer, T0, 40);
    assert_eq!(blocks(&mut transfer, T0), [0u16; 0], "nothing beyond what was sent can be acknowledged");
}

#[test]
fn a_late_ack_of_a_window_that_is_being_repeated_counts_in_full() {
    let mut transfer = windowed(8, 100);
    blocks(&mut transfer, T0);
    transfer.handle_timeout(ms(250));
    assert_eq!(blocks(&mut transfer, ms(250)), [8], "the first repeat asks what became of the window");
    transfer.handle_timeout(ms(750));
    let mut out = Vec::new();
    assert!(transfer.poll_transmit(ms(750), &mut out));
    assert_eq!(out[..4], [0, 3, 0, 1], "the second one starts it again");
    ack(&mut transfer, ms(751), 8);
    assert_eq!(blocks(&mut transfer, ms(751)), (9..=16).collect::<Vec<_>>());
    assert_eq!(transfer.progress().repeated_blocks, 2);
}

#[test]
fn the_window_ends_with_the_file() {
    let mut transfer = windowed(8, 2);
    assert_eq!(blocks(&mut transfer, T0), [1, 2, 3]);
    ack(&mut transfer, T0, 3);
    assert!(matches!(transfer.outcome(), Some(Outcome::Done { bytes: 16, .. })));
}

#[test]
fn an_error_of_the_peer_ends_it_and_other_packets_do_not() {
    let mut transfer = begin(b"\0\x01f\0octet\0tsize\x000\0", Quirks::default(), vec![0; 2000]);
    said(&mut transfer, T0);
    for stray in [&b""[..], b"\0\x09", b"\0\x03\0\x01data", b"\0\x06tsize\x001\0", b"\0\x01f\0octet\0", b"\0\x04\0\x63"]
    {
        transfer.handle(T0, stray);
        assert_eq!(transfer.outcome(), None);
    }
    transfer.handle(T0, b"\0\x05\0\x08only\x07asking\0");
    let text = "only\\x07asking".to_string();
    assert_eq!(transfer.outcome(), Some(&Outcome::PeerError { code: ErrorCode::OptionRefused, text }));
    assert_eq!(said(&mut transfer, T0), NOTHING);
}

#[test]
fn aborting_tells_the_peer_once() {
    let mut transfer = begin(b"\0\x01f\0octet\0", Quirks::default(), vec![0; 2000]);
    transfer.abort(ErrorCode::NotDefined, "stopped by the operator");
    transfer.abort(ErrorCode::FileExists, "again");
    assert_eq!(said(&mut transfer, T0), [b"\0\x05\0\0stopped by the operator\0"]);
    assert_eq!(transfer.outcome(), Some(&Outcome::Aborted(ErrorCode::NotDefined)));
}

/// Claims a size and fails at a given read.
struct Failing(Cell<u32>);

impl Source for Failing {
    fn len(&self) -> u64 {
        5000
    }

    fn read_at(&self, _: u64, buf: &mut [u8]) -> Result<usize, ()> {
        let left = self.0.get().checked_sub(1).ok_or(())?;
        self.0.set(left);
        Ok(buf.len().min(300))
    }
}

#[test]
fn a_source_that_fails_is_told_to_the_peer() {
    for mode in ["octet", "netascii"] {
        let request = format!("\0\x01f\0{mode}\0");
        let mut transfer = begin(request.as_bytes(), Quirks::default(), Failing(Cell::new(3)));
        said(&mut transfer, T0);
        ack(&mut transfer, T0, 1);
        assert!(said(&mut transfer, T0)[0].starts_with(b"\0\x05\0\0"));
        assert_eq!(transfer.outcome(), Some(&Outcome::SourceFailed));
    }
    let mut shrunk = begin(b"\0\x01f\0netascii\0", Quirks::default(), Shrunk);
    said(&mut shrunk, T0);
    assert_eq!(shrunk.outcome(), Some(&Outcome::SourceFailed), "shorter than it said");
}

struct Shrunk;

impl Source for Shrunk {
    fn len(&self) -> u64 {
        10
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> Result<usize, ()> {
        Ok(0)
    }
}

#[test]
fn netascii_is_encoded_and_promises_neither_size_nor_window() {
    let request = b"\0\x01f\0NetASCII\0tsize\x000\0blksize\x008\0windowsize\x008\0";
    let mut transfer = begin(request, Quirks::default(), b"1234567\n\rx".to_vec());
    assert_eq!(said(&mut transfer, T0), [b"\0\x06blksize\x008\0windowsize\x001\0"]);
    ack(&mut transfer, T0, 0);
    assert_eq!(said(&mut transfer, T0), [b"\0\x03\0\x011234567\r"]);
    transfer.handle_timeout(ms(250));
    assert_eq!(said(&mut transfer, ms(250)), [b"\0\x03\0\x011234567\r"], "a repeat is exact");
    ack(&mut transfer, ms(250), 1);
    assert_eq!(said(&mut transfer, ms(250)), [b"\0\x03\0\x02\n\r\0x"]);
    ack(&mut transfer, ms(250), 2);
    assert!(matches!(transfer.outcome(), Some(Outcome::Done { bytes: 10, .. })));
}

fn summed(source: &Made) -> Counted {
    let (mut sum, mut buf) = (Counted::new(), vec![0; 1 << 16]);
    while let Ok(n @ 1..) = source.read_at(sum.bytes, &mut buf) {
        sum.write(&buf[..n]);
    }
    sum
}

#[test]
fn one_in_a_hundred_lost_costs_less_than_five_in_a_hundred() {
    let len = 20_000 * 512 + 17;
    for window in [1, 4, 8, 64] {
        for seed in [1, 2] {
            let ran = Cable::losing(10, seed).run(Quirks::default(), asking(512, window), Made(len), Counted::new());
            assert_eq!(ran.client, Some(client::Outcome::Done));
            assert!(matches!(ran.server, Some(Outcome::Done { .. })), "{:?}", ran.server);
            assert_eq!(ran.sink, summed(&Made(len)));
            let cost = ran.cost(512);
            println!("window {window} seed {seed}: {cost:.4} blocks sent for each one needed, {} s", ran.at);
            assert!(cost <= 1.05, "window {window} seed {seed}: {cost}");
        }
    }
}

#[test]
fn a_clean_cable_costs_nothing() {
    for (window, latency) in [(1, 0), (1, 3), (64, 0), (64, 30)] {
        let cable = Cable { seed: 0, loss: 0, double: 0, latency };
        let ran = cable.run(Quirks::default(), asking(1468, window), Made(1_000_000), Counted::new());
        assert_eq!((ran.progress.repeated_blocks, ran.sink.bytes), (0, 1_000_000));
        assert_eq!(ran.progress.bytes_acked, 1_000_000);
    }
}

#[test]
fn forty_mebibytes_in_plain_blocks_of_512() {
    let len = 40 << 20;
    for rollover in [Rollover::Zero, Rollover::One] {
        let wish = Wish { rollover, ..Wish::plain("f") };
        let ran = Cable::losing(0, 0).run(rolling(rollover), wish, Made(len), Counted::new());
        assert_eq!(ran.client, Some(client::Outcome::Done));
        assert_eq!((ran.progress.sent_blocks, ran.progress.bytes_acked), (81_921, len));
        assert_eq!(ran.sink, summed(&Made(len)));
    }
}

#[test]
fn blocks_roll_over_with_losses_and_windows() {
    let len = 140_000 * 8 + 3;
    for (rollover, window) in [(Rollover::Zero, 1), (Rollover::Zero, 8), (Rollover::One, 1), (Rollover::One, 64)] {
        let wish = Wish { rollover, ..asking(8, window) };
        let ran = Cable::losing(10, 7).run(rolling(rollover), wish, Made(len), Counted::new());
        assert_eq!(ran.client, Some(client::Outcome::Done), "{rollover:?} {window}");
        assert_eq!(ran.sink, summed(&Made(len)), "{rollover:?} {window}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_file_arrives_whole_over_any_bad_cable(
        file in proptest::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), any::<u8>()], 0..3000),
        blksize in 8u16..700, window in 1u16..20, netascii: bool,
        seed: u64, loss in 0u64..200, double in 0u64..200, latency in 0u64..40,
    ) {
        let wish = Wish { netascii, ..asking(blksize, window) };
        let cable = Cable { seed, loss, double, latency };
        let ran = cable.run(Quirks::default(), wish, &file, Vec::new());
        // The very last ACK may be lost over and over, so the server's own view may be less happy.
        prop_assert_eq!(ran.client, Some(client::Outcome::Done));
        prop_assert_eq!(ran.sink, file);
    }

    #[test]
    fn doubled_packets_alone_never_make_a_repeat(window in 1u16..20, seed: u64) {
        let cable = Cable { seed, loss: 0, double: 500, latency: 0 };
        let ran = cable.run(Quirks::default(), asking(64, window), Made(5_000), Counted::new());
        prop_assert_eq!(ran.progress.repeated_blocks, 0);
    }

    #[test]
    fn no_datagrams_upset_it(seed: u64) {
        let mut dice = Lcg(seed);
        let mut transfer = windowed(4, 30);
        for step in 0..200 {
            let now = ms(step * 10);
            let len = (0..9).take_while(|_| dice.chance(850)).count();
            let noise: Vec<u8> = (0..len).map(|i| if i == 0 { 0 } else { (dice.0 >> (20 + i)) as u8 % 8 }).collect();
            transfer.handle(now, &noise);
            transfer.handle_timeout(now);
            said(&mut transfer, now);
        }
        prop_assert!(transfer.progress().bytes_acked <= 240);
    }
}
