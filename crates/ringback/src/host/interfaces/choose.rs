//! The one interface to use, or every interface with the reason why it is not the one.

use std::fmt;

use super::{Fit, Interface, Kind, Verdict, judge};

/// An interface that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rejected {
    /// Its name.
    pub(crate) name: String,
    /// Why; empty when nothing speaks against it (one of several).
    pub(crate) reasons: Vec<String>,
}

/// Why no interface was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoInterface {
    /// Nothing fits (RB503).
    NoneFits(Vec<Rejected>),
    /// More than one fits; a person has to say which (RB503).
    Several {
        /// Those that fit equally well.
        fitting: Vec<Rejected>,
        /// The others.
        others: Vec<Rejected>,
    },
    /// None has the name asked for (RB503).
    NoSuchName {
        /// The name.
        wanted: String,
        /// Those there are.
        present: Vec<String>,
    },
    /// The one asked for may do harm, and was not named a second time (RB504).
    Unsafe(Rejected),
}

/// Chooses by itself when exactly one fits best; else the one `wanted`, which must be typed once more as
/// `override_typed` when it is refused.
pub(crate) fn choose(
    list: &[Interface],
    wanted: Option<&str>,
    override_typed: Option<&str>,
) -> Result<Interface, NoInterface> {
    match wanted {
        Some(name) => named(list, name, override_typed == Some(name)),
        None => best(list),
    }
}

fn named(list: &[Interface], name: &str, insisted: bool) -> Result<Interface, NoInterface> {
    let Some(interface) = list.iter().find(|i| i.name == name) else {
        let present = list.iter().map(|i| i.name.clone()).collect();
        return Err(NoInterface::NoSuchName { wanted: name.to_owned(), present });
    };
    let fit = judge(interface);
    if fit.verdict == Verdict::Refused && !insisted {
        return Err(NoInterface::Unsafe(Rejected { name: name.to_owned(), reasons: fit.reasons }));
    }
    Ok(interface.clone())
}

fn best(list: &[Interface]) -> Result<Interface, NoInterface> {
    let judged: Vec<(&Interface, Fit)> = list.iter().map(|i| (i, judge(i))).collect();
    // Without being named, only a wire is taken: a bridge may be another program's.
    let candidate =
        |i: &Interface, fit: &Fit, least| fit.verdict >= least && matches!(i.kind, Kind::Wired | Kind::Virtual);
    for least in [Verdict::Good, Verdict::Usable] {
        let (fitting, others): (Vec<_>, Vec<_>) = judged.iter().partition(|(i, fit)| candidate(i, fit, least));
        match &fitting[..] {
            [] => {}
            [(only, _)] => return Ok((*only).clone()),
            _ => return Err(NoInterface::Several { fitting: rejected(fitting), others: rejected(others) }),
        }
    }
    Err(NoInterface::NoneFits(rejected(judged.iter())))
}

fn rejected<'a>(judged: impl IntoIterator<Item = &'a (&'a Interface, Fit)>) -> Vec<Rejected> {
    judged.into_iter().map(|(i, fit)| Rejected { name: i.name.clone(), reasons: fit.reasons.clone() }).collect()
}

impl NoInterface {
    /// The code that `ringback explain` knows.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            NoInterface::Unsafe(_) => "RB504",
            _ => "RB503",
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons = if self.reasons.is_empty() { "it fits".to_owned() } else { self.reasons.join("; ") };
        write!(f, "{}: {reasons}", self.name)
    }
}

impl fmt::Display for NoInterface {
    /// One line, then a line for each interface.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        let lines =
            |f: &mut fmt::Formatter<'_>, rows: &[Rejected]| rows.iter().try_for_each(|row| write!(f, "\n  {row}"));
        match self {
            NoInterface::NoneFits(all) => {
                write!(f, "{code}: no network interface fits. Put the phone's cable into a wired socket of its own.")?;
                lines(f, all)
            }
            NoInterface::Several { fitting, others } => {
                write!(f, "{code}: several network interfaces fit. Name the one the phone is on: --iface NAME.")?;
                lines(f, fitting)?;
                if !others.is_empty() {
                    write!(f, "\nNot these:")?;
                }
                lines(f, others)
            }
            NoInterface::NoSuchName { wanted, present } => {
                write!(f, "{code}: there is no network interface {wanted}. There are: {}.", present.join(", "))
            }
            NoInterface::Unsafe(Rejected { name, reasons }) => {
                write!(f, "{code}: {name} is not safe to use: {}. ", reasons.join("; "))?;
                write!(f, "If you are sure, type its name a second time: --iface {name} --i-know {name}.")
            }
        }
    }
}

impl std::error::Error for NoInterface {}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(name: &str) -> Interface {
        Interface::made_up(name)
    }

    fn laptop() -> Vec<Interface> {
        vec![
            Interface { kind: Kind::Loopback, ..wire("lo") },
            Interface { kind: Kind::WiFi, default_route: true, by_dhcp: true, ..wire("wlan0") },
            Interface { carrier: Some(false), ..wire("eth1") },
            wire("eth0"),
        ]
    }

    #[test]
    fn the_only_good_one_is_taken_even_if_another_is_usable() {
        assert_eq!(choose(&laptop(), None, None).unwrap().name, "eth0");
    }

    #[test]
    fn before_the_phone_is_plugged_in_the_only_usable_one_is_taken() {
        assert_eq!(choose(&laptop()[..3], None, None).unwrap().name, "eth1");
    }

    #[test]
    fn several_good_ones_are_listed_for_a_person_to_choose() {
        let mut list = laptop();
        list.push(wire("usb0"));
        let error = choose(&list, None, None).unwrap_err();
        let NoInterface::Several { fitting, others } = &error else { panic!("{error}") };
        assert_eq!(fitting.iter().map(|r| &r.name[..]).collect::<Vec<_>>(), ["eth0", "usb0"]);
        assert_eq!(others.len(), 3);
        assert_eq!(error.code(), "RB503");
        assert_eq!(choose(&list, Some("usb0"), None).unwrap().name, "usb0");
    }

    #[test]
    fn when_none_fits_each_is_named_with_its_reason() {
        let error = choose(&laptop()[..2], None, None).unwrap_err();
        assert_eq!(error.code(), "RB503");
        let text = error.to_string();
        assert!(text.contains("\n  lo: it is the loopback"), "{text}");
        assert!(text.contains("\n  wlan0: it is Wi-Fi") && text.contains("default route"), "{text}");
        assert_eq!(choose(&[], None, None).unwrap_err().code(), "RB503");
    }

    #[test]
    fn an_unsafe_one_has_to_be_typed_twice() {
        let list = laptop();
        for typed in [None, Some("wlan"), Some("eth0")] {
            let error = choose(&list, Some("wlan0"), typed).unwrap_err();
            assert_eq!(error.code(), "RB504");
            assert!(error.to_string().contains("--iface wlan0 --i-know wlan0"), "{error}");
        }
        assert_eq!(choose(&list, Some("wlan0"), Some("wlan0")).unwrap().name, "wlan0");
        // Typed without being wanted, it changes nothing.
        assert_eq!(choose(&list, None, Some("wlan0")).unwrap().name, "eth0");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_names_there_are() {
        let error = choose(&laptop(), Some("eth7"), Some("eth7")).unwrap_err();
        assert_eq!(error.to_string(), "RB503: there is no network interface eth7. There are: lo, wlan0, eth1, eth0.");
    }

    #[test]
    fn a_bridge_around_one_wire_has_to_be_named() {
        let bridge = Interface { kind: Kind::Bridge, members: vec!["eth1".into()], ..wire("br0") };
        assert!(choose(std::slice::from_ref(&bridge), None, None).is_err());
        assert_eq!(choose(&[bridge], Some("br0"), None).unwrap().name, "br0");
    }
}
