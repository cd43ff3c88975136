//! Whether a procedure is for this phone as it stands: its model, the protocol and release of its load, and
//! whether it has an application at all. Pure; the bounds are data of the procedure, in `profiles/`.
//!
//! What is not known excludes nothing for certain: it is said, and the technician may know better. Whether the
//! loads that it needs are on the shelf is the business of [`super::gate`].

use profile::procedure::{Condition, Needs};
use profile::{Family, Procedure, Role};
use serde::Serialize;

use crate::observe::{Awaited, WebState};
use crate::plan::release;
use crate::session::Session;

/// What is known of a phone that decides which procedures are for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Its model's name, as the family writes it.
    pub model: Option<&'a str>,
    /// The signalling protocol that its load speaks.
    pub protocol: Option<&'a str>,
    /// The load that it runs.
    pub load: Option<&'a str>,
    /// Whether it runs an application.
    pub condition: Option<Condition>,
    /// It asks for no file, and so will never say which release it runs.
    pub asks_nothing: bool,
}

/// Whether a procedure is for a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Fit {
    /// It is.
    Fits,
    /// As far as it can be seen it is not, or not yet. It can be begun all the same.
    Unsure {
        /// Why.
        why: String,
    },
    /// It is not, and would be refused.
    Not {
        /// The code that `ringback explain` knows.
        code: &'static str,
        /// Why.
        why: String,
    },
}

impl Fit {
    /// Why not; `None` when it fits.
    pub fn why(&self) -> Option<&str> {
        match self {
            Fit::Fits => None,
            Fit::Unsure { why } | Fit::Not { why, .. } => Some(why),
        }
    }

    /// Whether it may be begun.
    pub const fn may_begin(&self) -> bool {
        !matches!(self, Fit::Not { .. })
    }

    /// What fits first, what cannot be last.
    pub const fn rank(&self) -> u8 {
        match self {
            Fit::Fits => 0,
            Fit::Unsure { .. } => 1,
            Fit::Not { .. } => 2,
        }
    }
}

/// Whether this procedure of this family is for a phone that stands so.
pub fn fit(family: &Family, procedure: &Procedure, phone: &Standing<'_>) -> Fit {
    let unsure = |why: &str| Fit::Unsure { why: why.to_owned() };
    let not = |code, why| Fit::Not { code, why };
    if let Some(model) =
        phone.model.filter(|m| !procedure.models.is_empty() && !procedure.models.iter().any(|x| x == m))
    {
        return not("RB222", format!("it is for {} only; this is a {model}", procedure.models.join(", ")));
    }
    if let Some(protocol) = phone.protocol.filter(|p| !procedure.is_for_protocol(Some(p))) {
        return not("RB418", wrong_protocol(procedure, protocol));
    }
    let (below, from) = (procedure.runs_below.as_deref(), procedure.runs_from.as_deref());
    let release = release::fits(&family.version_scheme, phone.load, below, from);
    if release == Some(false) {
        let instead = procedure.instead.as_ref().and_then(|id| family.procedure(id));
        let instead = instead.map_or_else(String::new, |p| format!("; take “{}”", p.title));
        return not("RB280", format!("{}{instead}", wrong_release(procedure)));
    }
    match (procedure.condition, phone.condition) {
        (Some(Condition::NoApplication), Some(Condition::Runs)) => {
            return unsure("it is for a phone without an application; this one has one");
        }
        (Some(Condition::Runs), Some(Condition::NoApplication)) => {
            return unsure("it needs a phone that starts; this one has no application");
        }
        _ => {}
    }
    let alike = family.models.first().filter(|first| family.models.iter().all(|m| m.images == first.images));
    let by_model = match procedure.needs {
        Needs::Ladder | Needs::RecoveryLoad => true,
        Needs::Target => alike.is_none(),
        Needs::Rescue | Needs::Nothing => !procedure.models.is_empty(),
    };
    if by_model && phone.model.is_none() {
        return unsure("it is not known yet which model this is");
    }
    if procedure.needs == Needs::Ladder && phone.load.is_none() || release.is_none() && !phone.asks_nothing {
        return unsure("it is not known yet which load the phone runs");
    }
    Fit::Fits
}

/// Why a procedure is not for a load of this protocol.
pub fn wrong_protocol(procedure: &Procedure, protocol: &str) -> String {
    let (runs, wanted) = (protocol.to_uppercase(), procedure.protocols.join(" and ").to_uppercase());
    format!("the phone's load speaks {runs}; this is for {wanted}")
}

/// Why a procedure is not for the release that the phone runs.
pub fn wrong_release(procedure: &Procedure) -> String {
    let bound = |words: &str, text: &Option<String>| text.as_ref().map(|t| format!("{words} {t}"));
    let bounds = [bound("below", &procedure.runs_below), bound("from", &procedure.runs_from)];
    let bounds: Vec<String> = bounds.into_iter().flatten().collect();
    format!("it is for releases {} only", bounds.join(" and "))
}

/// Whether the phone has an application, by what it did in this start; `None` while nothing says so.
pub fn condition(session: &Session) -> Option<Condition> {
    let boot = session.boot.0;
    let in_recovery = session.web.state.is_some_and(|s| s.0 == WebState::Recovery && s.2 == session.boots);
    let asked = |role: &[Role]| {
        session.files_this_boot().filter(|f| f.role.is_some_and(|r| role.contains(&r))).map(|f| f.asked_n).max()
    };
    let without = asked(&[Role::RecoveryLoadList]);
    let with = asked(&[Role::Config, Role::BootList]).max(session.registered.as_ref().map(|r| r.n));
    match (without, with) {
        _ if in_recovery => Some(Condition::NoApplication),
        (None, None) => session.load.as_ref().filter(|l| l.n >= boot).map(|_| Condition::Runs),
        (without, with) => Some(if without > with { Condition::NoApplication } else { Condition::Runs }),
    }
}

/// Whether it has its address and asks for no file.
pub fn asks_nothing(session: &Session) -> bool {
    session.waits.iter().any(|w| w.0 == Awaited::Files)
}

#[cfg(test)]
mod tests {
    use profile::Profiles;

    use super::*;

    fn of(family: &str, id: &str, phone: Standing<'_>) -> Fit {
        let profiles = Profiles::built_in().0;
        let family = profiles.family(family).unwrap();
        fit(family, family.procedure(id).unwrap(), &phone)
    }

    fn classic(protocol: &str) -> Standing<'_> {
        Standing {
            model: Some("7960"),
            protocol: Some(protocol),
            condition: Some(Condition::Runs),
            ..Standing::default()
        }
    }

    #[test]
    fn a_procedure_for_sip_is_not_for_a_phone_that_speaks_sccp_and_the_other_way_round() {
        let why = "the phone's load speaks SCCP; this is for SIP".to_owned();
        let unlock = |protocol| of("cisco-7940-7960", "unlock-password-file", classic(protocol));
        assert_eq!(unlock("sccp"), Fit::Not { code: "RB418", why });
        assert_eq!(unlock("sip"), Fit::Fits);
        assert!(matches!(of("cisco-7940-7960", "soft-reset", classic("mgcp")), Fit::Not { code: "RB418", .. }));
        assert_eq!(of("cisco-7940-7960", "to-sip", classic("mgcp")), Fit::Fits, "one that leads elsewhere is for all");
        let unknown = Standing { protocol: None, ..classic("sip") };
        assert_eq!(of("cisco-7940-7960", "unlock-password-file", unknown), Fit::Fits, "not known excludes nothing");
    }

    #[test]
    fn the_release_decides_where_a_key_does_different_things() {
        let runs = |load| Standing { model: Some("T46G"), load, ..Standing::default() };
        assert_eq!(of("yealink-sip", "factory-reset", runs(Some("28.83.0.120"))), Fit::Fits);
        let old = of("yealink-sip", "factory-reset", runs(Some("7.61.0.80")));
        let why = old.why().unwrap();
        assert!(!old.may_begin() && why.contains("from 70") && why.contains("Speaker"), "{why}");
        assert!(matches!(of("yealink-sip", "factory-reset", runs(None)), Fit::Unsure { .. }));
        let silent = Standing { asks_nothing: true, ..runs(None) };
        assert_eq!(of("yealink-sip", "factory-reset", silent), Fit::Fits, "it will never say");
    }

    #[test]
    fn a_phone_that_runs_is_told_that_a_revival_is_not_for_it_and_may_have_it_all_the_same() {
        let phone = |condition| Standing {
            model: Some("7965G"),
            protocol: Some("sccp"),
            load: Some("SCCP45.9-4-2SR1-1S"),
            condition,
            ..Standing::default()
        };
        let revive = |condition| of("cisco-79xx-java", "revive-wiped", phone(condition));
        assert_eq!(revive(Some(Condition::NoApplication)), Fit::Fits);
        assert_eq!(revive(None), Fit::Fits);
        let runs = revive(Some(Condition::Runs));
        assert!(runs.may_begin() && runs.why().is_some(), "{runs:?}");
        let menu = of("cisco-79xx-java", "erase-trust-list", phone(Some(Condition::NoApplication)));
        assert_eq!(menu.rank(), 1, "{menu:?}");
    }

    #[test]
    fn what_is_not_known_yet_is_said() {
        let why = |id, phone| of("cisco-79xx-java", id, phone).why().map(str::to_owned).unwrap_or_default();
        assert!(why("full-wipe", Standing::default()).contains("which model"));
        let known = Standing { model: Some("7965G"), ..Standing::default() };
        assert!(why("step-over-8.5.2", known).contains("which load"));
        assert_eq!(why("full-wipe", known), "");
    }
}
