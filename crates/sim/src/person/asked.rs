//! What a person is asked to do with keys and plugs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::Key;

/// Something to be done at one go. Written as people say it, clauses in this order, each optional:
/// `power off and on`, `hold 1 and # while powering`, `then type 3491672850*#`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Power off, a pause, power on.
    pub cycle: bool,
    /// Keys held from before the power comes until lamps are seen.
    pub hold: Vec<Key>,
    /// Keys typed after that, one by one.
    pub keys: Vec<Key>,
    /// A key of the running phone, held until the screen has these words, and then pressed once more.
    pub keep: Option<(Key, String)>,
}

impl Asked {
    /// Hold these keys while powering, then type those.
    pub fn at_power_on(hold: &[Key], keys: &[Key]) -> Asked {
        Asked { cycle: true, hold: hold.to_vec(), keys: keys.to_vec(), keep: None }
    }

    /// Hold this key until the screen asks, then press it again to say yes.
    pub fn keeping(key: Key, until: &str) -> Asked {
        Asked { keep: Some((key, until.to_owned())), ..Asked::default() }
    }

    /// Type these keys.
    pub fn typing(keys: &[Key]) -> Asked {
        Asked { keys: keys.to_vec(), ..Asked::default() }
    }
}

/// A clause that is none of those a person understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotUnderstood(String);

impl fmt::Display for NotUnderstood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is none of: power off and on; hold # while powering; type 123456789*0#", self.0)
    }
}

impl std::error::Error for NotUnderstood {}

impl FromStr for Asked {
    type Err = NotUnderstood;
    fn from_str(text: &str) -> Result<Asked, NotUnderstood> {
        let mut asked = Asked::default();
        for clause in text.split(',').map(str::trim) {
            let no = || NotUnderstood(clause.to_string());
            let said = clause.strip_prefix("then ").unwrap_or(clause);
            if said == "power off and on" {
                asked.cycle = true;
            } else if let Some(keys) = said.strip_prefix("type ") {
                asked.keys.extend(Key::sequence(keys.trim()).ok_or_else(no)?);
            } else if let Some(key) = said.strip_prefix("press ") {
                asked.keys.push(key.parse().map_err(|_| no())?);
            } else {
                let keys = said.strip_prefix("hold ").and_then(|s| s.strip_suffix(" while powering")).ok_or_else(no)?;
                asked.cycle = true;
                for key in keys.split(" and ") {
                    asked.hold.push(key.parse().map_err(|_| no())?);
                }
            }
        }
        Ok(asked)
    }
}

impl<'de> Deserialize<'de> for Asked {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Asked, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_people_say_it() {
        let code = Key::sequence("3491672850*#").unwrap();
        assert_eq!(
            "hold # while powering, then type 3491672850*#".parse(),
            Ok(Asked::at_power_on(&[Key::Hash], &code))
        );
        assert_eq!("hold 1 and # while powering".parse(), Ok(Asked::at_power_on(&[Key::Digit(1), Key::Hash], &[])));
        assert_eq!("type **#".parse(), Ok(Asked::typing(&[Key::Star, Key::Star, Key::Hash])));
        assert_eq!("press settings, then type 1".parse(), Ok(Asked::typing(&[Key::Settings, Key::Digit(1)])));
        for odd in ["", "hold #", "type abc", "hold the line while powering", "sing"] {
            assert!(odd.parse::<Asked>().is_err(), "{odd}");
        }
    }
}
