//! Two hundred phones of all models on one bench, on cables that lose, repeat, delay and swap packets.
//!
//! What becomes of each is predicted by a table written from the facts and not from the bench.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::time::Duration;

use bench::{Bench, Command, Input as BenchInput};
use profile::Profiles;
use proto::{Mac, Time};
use sim::faults::Faults;
use sim::phones::cisco_79xx::{Cisco79xx, MODELS, Model, PhoneSpec, TrustList};
use sim::rig::{Rig, Seat};
use sim::scenario::Scenario;
use sim::{CableSpec, Input};

const PHONES: u8 = 200;
const MINUTES: u64 = 45;

/// What is the matter with a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    OldLoad,
    AuthFail,
    AuthFailAtImages,
    Upgrade,
    NotOnShelf,
    TrustList,
    Wiped { old_loader: bool },
    Vlan,
    ServerNear,
    ServerFar,
    Board,
}

const TROUBLES: [Trouble; 13] = [
    Trouble::None,
    Trouble::OldLoad,
    Trouble::AuthFail,
    Trouble::AuthFailAtImages,
    Trouble::Upgrade,
    Trouble::NotOnShelf,
    Trouble::TrustList,
    Trouble::Wiped { old_loader: false },
    Trouble::Wiped { old_loader: true },
    Trouble::Vlan,
    Trouble::ServerNear,
    Trouble::ServerFar,
    Trouble::Board,
];

/// One phone of the crowd.
#[derive(Clone, Copy, Debug)]
struct Case {
    mac: Mac,
    model: &'static Model,
    trouble: Trouble,
    n: u8,
}

/// What must become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    outcome: &'static str,
    /// The codes that its stay had.
    findings: BTreeSet<&'static str>,
    load: Option<String>,
}

impl Case {
    fn of(n: u8) -> Case {
        let (model, trouble) = (&MODELS[usize::from(n) % MODELS.len()], TROUBLES[usize::from(n) % TROUBLES.len()]);
        Case { mac: Mac([0x00, 0x1e, 0x4a, 0xc0, 0x0d, n]), model, trouble, n }
    }

    fn load(&self, version: &str) -> String {
        format!("SCCP{}.{version}", self.model.images)
    }

    /// Boards of other models have no levels.
    fn has_levels(&self) -> bool {
        ["42", "45", "75"].contains(&self.model.images)
    }

    fn spec(&self) -> PhoneSpec {
        let usual = PhoneSpec { model: self.model, seed: self.n.into(), ..PhoneSpec::new(self.mac) };
        let new = Some(self.load("9-4-2SR1-1S"));
        let old = PhoneSpec { load: Some(self.load("8-3-2S")), ..usual.clone() };
        match self.trouble {
            Trouble::None => usual,
            Trouble::OldLoad => old,
            Trouble::AuthFail => PhoneSpec { wanted_load: new, ..old },
            Trouble::AuthFailAtImages => PhoneSpec { wanted_load: new, checks_lists: false, ..old },
            Trouble::Upgrade => PhoneSpec { load: Some(self.load("8-5-2S")), wanted_load: new, ..usual },
            Trouble::NotOnShelf => PhoneSpec { wanted_load: Some(self.load("9-3-1SR1-1S")), ..usual },
            Trouble::TrustList => PhoneSpec { wanted_load: new, trust_lists: [TrustList::Itl].into(), ..old },
            Trouble::Wiped { old_loader } => PhoneSpec {
                wiped: true,
                loader_knows_new_key: !old_loader,
                self_test: Duration::from_secs(30),
                ..usual
            },
            Trouble::Vlan => PhoneSpec { stored_vlan: Some(100 + u16::from(self.n)), ..usual },
            Trouble::ServerNear => PhoneSpec { alternate_tftp: Some([10, 79, 0, 251].into()), ..usual },
            Trouble::ServerFar => PhoneSpec { alternate_tftp: Some([192, 168, 1, 5].into()), ..usual },
            Trouble::Board if self.has_levels() => PhoneSpec { wanted_load: new, board_level: Some(4), ..old },
            Trouble::Board => usual,
        }
    }

    /// The table. The shelf has both loads of every image family, but of 31 not the whole of 8.5(2), and of
    /// 70 nothing newer.
    fn end(&self) -> End {
        let (old, step, new) = ("8-3-2S", "8-5-2S", "9-4-2SR1-1S");
        let (outcome, findings, version): (_, &[&str], _) = match (self.trouble, self.model.images) {
            (Trouble::None, _) => ("Seen", &[], new),
            (Trouble::OldLoad, _) => ("Seen", &[], old),
            (Trouble::AuthFail | Trouble::AuthFailAtImages, "31") => ("Refused", &["RB301"], old),
            (Trouble::AuthFail | Trouble::AuthFailAtImages, "70") => ("Seen", &["RB202"], old),
            (Trouble::AuthFail | Trouble::AuthFailAtImages, _) => ("Recovered", &["RB301"], new),
            (Trouble::Upgrade, "70") => ("Seen", &["RB202"], step),
            (Trouble::Upgrade, _) => ("Seen", &[], new),
            (Trouble::NotOnShelf, _) => ("Seen", &["RB202"], new),
            (Trouble::TrustList, _) => ("Seen", &["RB302"], old),
            (Trouble::Wiped { old_loader: false }, "31") => ("Recovered", &["RB206"], new),
            // It turns the list down again and again, and the bench is switched off before its patience ends.
            (Trouble::Wiped { old_loader: true }, "31") => ("Aborted", &["RB206"], "none"),
            (Trouble::Wiped { .. }, _) => ("Recovered", &["RB206"], step),
            (Trouble::Vlan, _) => ("Seen", &["RB102"], new),
            (Trouble::ServerNear | Trouble::ServerFar, _) => ("Seen", &["RB103"], new),
            // The step is turned down by the board, the newer load by the old one.
            (Trouble::Board, _) if self.has_levels() => ("GaveUp", &["RB301", "RB303", "RB310"], old),
            (Trouble::Board, _) => ("Seen", &[], new),
        };
        let load = (version != "none").then(|| self.load(version));
        End { outcome, findings: findings.iter().copied().collect(), load }
    }
}

fn table() -> Rig {
    let mut text = "title = 'a crowd'\n[bench]\nauto = true\n".to_owned();
    for images in ["11", "31", "41", "42", "45", "70", "75"] {
        text += &format!("[[bench.shelf]]\nimages = '{images}'\nversion = '8-5-2S'\nimage_size = 3_000\n");
        if images == "31" {
            text += "without = ['dsp31.8-5-2TH1-9.sbn']\n";
        }
        if images != "70" {
            text += &format!("[[bench.shelf]]\nimages = '{images}'\nversion = '9-4-2SR1-1S'\nimage_size = 3_000\n");
        }
    }
    text += "[[phone]]\nis = { cisco-79xx = { mac = '001122334455' } }\n";
    let scenario = Scenario::parse(&text).expect("a scenario");
    let bench = Bench::new(Time::ZERO, scenario.config(), Profiles::built_in().0, Vec::new());
    Rig::new(bench, scenario.store())
}

fn cable(seed: u64) -> CableSpec {
    let faults = Faults {
        drop: 20,
        duplicate: 20,
        reorder: 20,
        delay: Duration::from_micros(300 + 100 * (seed % 40)),
        jitter: Duration::from_millis(2),
    };
    CableSpec { to_phone: faults, from_phone: faults, seed, ..CableSpec::default() }
}

/// Plays the crowd; looks every ten seconds.
fn play(seed: u64, minutes: u64, mut look: impl FnMut(&Rig)) -> Rig {
    let mut rig = table();
    for n in 0..PHONES {
        let case = Case::of(n);
        let mut seat = Seat::new(Cisco79xx::new(case.spec()));
        seat.obeys = case.trouble == Trouble::Board;
        seat.cable = cable(seed ^ u64::from(n) << 8);
        // A row of phones on one switch, and others one by one behind them.
        seat.power_at = if n < 60 { Time::ZERO } else { Time::from_millis(u64::from(n) * 700) };
        rig.plug(seat);
    }
    for _ in 0..minutes * 6 {
        rig.run(Duration::from_secs(10), |_| false);
        look(&rig);
    }
    rig
}

/// No two phones have one address, now or by the bench's word.
fn addresses_are_apart(rig: &Rig) {
    let mut taken = BTreeSet::new();
    for phone in (0..rig.len()).filter_map(|place| rig.phone(place)) {
        let status = phone.status();
        assert!(status.address.is_none_or(|a| taken.insert(a)), "{:?} twice at {}", status.address, rig.now());
    }
    let mut held = BTreeSet::new();
    assert!(rig.leases().iter().all(|l| held.insert(l.address)), "one lease per address");
    let mut holders = BTreeSet::new();
    assert!(rig.leases().iter().all(|l| holders.insert(l.mac)), "one address per phone");
}

/// How much the bench keeps, roughly: as many characters as it takes to write all of it down.
fn weight(rig: &Rig) -> usize {
    format!("{:?}", rig.bench()).len()
}

#[test]
fn every_phone_ends_as_the_table_says() {
    let mut weights = Vec::new();
    let mut rig = play(1, MINUTES, |rig| {
        addresses_are_apart(rig);
        if rig.now().as_millis() % 900_000 == 0 {
            weights.push(weight(rig));
        }
    });
    rig.tell_bench(BenchInput::Command(Command::Stop));
    let mut wrong = String::new();
    for (place, case) in (0..PHONES).map(|n| (usize::from(n), Case::of(n))) {
        let rows: Vec<_> = rig.rows().values().filter(|row| row.mac == case.mac).collect();
        let [row] = rows.as_slice() else { panic!("{case:?} has {} rows", rows.len()) };
        let findings: BTreeSet<&str> = row.findings.iter().map(String::as_str).collect();
        let load = rig.phone(place).and_then(|p| p.status().load);
        let End { outcome, findings: must, load: ends_with } = case.end();
        if (row.outcome.as_str(), &findings, &load) != (outcome, &must, &ends_with) {
            wrong += &format!(
                "{case:?}\n  must {:?}\n  is {} ({}) {findings:?} {load:?}\n",
                case.end(),
                row.outcome,
                row.why
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let [_, half, end] = weights.as_slice() else { panic!("{weights:?}") };
    assert!(*end < half * 5 / 4, "what the bench keeps grows: {weights:?}");

    // Without power nobody acknowledges anything: what is under way ends by itself.
    (0..rig.len()).for_each(|place| rig.give(place, Input::Power(false)));
    rig.run(Duration::from_secs(600), |_| false);
    assert_eq!(rig.transfers(), 0);
    let view = rig.bench().view(rig.now());
    assert!(view.phones.iter().all(|p| p.transfers.is_empty()));
}

#[test]
fn the_same_seed_is_the_same_crowd_and_another_is_another() {
    let journal = |seed| play(seed, 4, |_| ()).journal().to_vec();
    let one = journal(7);
    assert!(one.len() > 5_000, "{}", one.len());
    assert!(one == journal(7), "the same seed, another journal");
    assert!(one != journal(8));
}
