//! A person's script, as a scenario file says it.

use std::collections::VecDeque;
use std::time::Duration;

use proto::Time;
use serde::{Deserialize, Deserializer};

use super::Asked;
use crate::firmware::stick::Layout;
use crate::scenario::FirmwareSpec;
use crate::wire::Lamp;
use crate::{Input, Jack, Key};

/// All that a person will do, and how.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// In this order, each when the one before is done.
    pub deeds: Vec<Deed>,
    /// What goes wrong, one for each thing that the person is asked to do; then nothing more does.
    pub slips: Vec<Slip>,
    /// How fast the person is.
    pub manner: Manner,
    /// The person's luck.
    pub seed: u64,
}

/// One deed: wait for all that is said here, in this order, then act.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deed {
    /// Not before this moment, in seconds since start.
    #[serde(default, deserialize_with = "crate::seconds::option")]
    pub at: Option<Duration>,
    /// Not before this is seen.
    #[serde(default)]
    pub sees: Option<Sight>,
    /// How long to wait for the sight before acting all the same; for ever when not said.
    #[serde(default, deserialize_with = "crate::seconds::option")]
    pub patience: Option<Duration>,
    /// Then wait this long.
    #[serde(default, deserialize_with = "crate::seconds::option")]
    pub after: Option<Duration>,
    /// What to do.
    #[serde(rename = "do")]
    pub act: Act,
}

impl Deed {
    /// At once.
    pub fn now(act: Act) -> Deed {
        Deed { at: None, sees: None, patience: None, after: None, act }
    }

    /// At this many seconds since start.
    pub fn at(seconds: u64, act: Act) -> Deed {
        Deed { at: Some(Duration::from_secs(seconds)), ..Deed::now(act) }
    }

    /// When this is seen.
    pub fn seeing(sight: Sight, act: Act) -> Deed {
        Deed { sees: Some(sight), ..Deed::now(act) }
    }
}

/// What a person can do.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Connects (true) or pulls the power.
    Power(bool),
    /// Connects or pulls the network cable.
    Link(bool),
    /// Puts the network cable into this socket of the phone: `lan` or `pc`.
    Jack(Jack),
    /// Puts a USB stick into the phone.
    Stick(StickSpec),
    /// Presses a key and keeps it down.
    Hold(Key),
    /// Lets a key go.
    Release(Key),
    /// Presses a key and lets it go.
    Press(Key),
    /// Presses keys of the dial pad one by one.
    Type(Keys),
    /// Enters a text of small letters and digits by pressing each key until its letter comes.
    Enter(String),
    /// Does what it is asked.
    Obey(Asked),
    /// Tells the bench that it is done, or may be done.
    Confirm,
    /// Types the addresses that the bench has just shown, in its order: `*` for each dot, OK behind each address.
    Copy,
    /// Tells the bench what a name that the phone asks for means: the name, and a file on the shelf.
    Means([String; 2]),
    /// Nothing: only waits.
    Look,
}

/// A USB stick that somebody made: `{ files = [{ kind = "rom", model = "T46G", version = "28.83.0.120" }] }`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StickSpec {
    /// How it is laid out; one FAT partition when not said.
    pub layout: Layout,
    /// The made-up images in its root.
    pub files: Vec<FirmwareSpec>,
}

/// Keys of the dial pad, written `123456789*0#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(pub Vec<Key>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Keys, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let keys = Key::sequence(&text);
        keys.map(Keys).ok_or_else(|| serde::de::Error::custom(format!("{text:?} has more than 0 to 9, * and #")))
    }
}

/// Something to be seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sight {
    /// A line on the screen with these words, without regard to case.
    Screen(String),
    /// A lamp that is not off, whose name, colour and mode have all of these words in them.
    Lamp(String),
    /// The bench has said something with these words, without regard to case, after what was waited for before.
    Bench(String),
}

impl Sight {
    /// A line with these words.
    pub fn screen(words: &str) -> Sight {
        Sight::Screen(words.to_string())
    }

    /// A lamp: `line amber sequence`, `message`; any at all when nothing is said.
    pub fn lamp(words: &str) -> Sight {
        Sight::Lamp(words.to_string())
    }

    pub(super) fn is_seen(&self, screen: &[String], lamps: &[Lamp], bench: &VecDeque<String>) -> bool {
        match self {
            Sight::Bench(words) => bench.iter().any(|said| said.to_lowercase().contains(&words.to_lowercase())),
            Sight::Screen(words) => {
                let words = words.to_lowercase();
                screen.iter().any(|line| line.to_lowercase().contains(&words))
            }
            Sight::Lamp(words) => lamps.iter().any(|lamp| {
                let Lamp { name, colour, mode } = lamp;
                let looks = format!("{name} {colour:?} {mode:?}").to_lowercase();
                words.split_whitespace().all(|word| looks.contains(&word.to_lowercase()))
            }),
        }
    }
}

/// What goes wrong when a person does what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slip {
    /// Nothing does.
    None,
    /// Presses the keys to be held only some time after the power is on.
    Late,
    /// Lets them go before any lamp is on.
    Early,
    /// One key is missed and its neighbour hit.
    WrongKey,
    /// One key is pressed twice.
    DoubleKey,
    /// Falls asleep between two keys.
    Slow,
    /// Types only the beginning.
    Stops,
}

/// How fast a person is. All spans are in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manner {
    /// From seeing to doing.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub reaction: Duration,
    /// How long a key is down.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub press: Duration,
    /// Between two keys.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub gap: Duration,
    /// How long the power stays off.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub off_for: Duration,
    /// How long to hold keys when no lamp comes.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub patience: Duration,
    /// How late [`Slip::Late`] is.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub lateness: Duration,
    /// How long [`Slip::Slow`] sleeps.
    #[serde(deserialize_with = "crate::seconds::deserialize")]
    pub slowness: Duration,
}

impl Default for Manner {
    fn default() -> Manner {
        Manner {
            reaction: Duration::from_millis(700),
            press: Duration::from_millis(120),
            gap: Duration::from_millis(350),
            off_for: Duration::from_secs(3),
            patience: Duration::from_secs(60),
            lateness: Duration::from_secs(12),
            slowness: Duration::from_secs(70),
        }
    }
}

/// What a person says to the bench.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// It is done, or may be done.
    Done,
    /// This name that the phone asks for means this file.
    Means(String, String),
}

/// A deed taken apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Do(Input),
    Wait(Duration),
    At(Time),
    See { sight: Sight, patience: Option<Duration> },
    Copy,
    Say(Word),
}
