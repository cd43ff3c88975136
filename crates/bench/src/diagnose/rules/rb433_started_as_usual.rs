//! RB433: the phone started as usual in place of its recovery page.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB433",
    title: "The phone started as usual in place of its recovery page",
    severity: Severity::Note,
    cause: "It was to go into recovery and asked for its configuration instead. The keys came too late, or its provider has switched recovery off.",
    remedy: "Unplug it. Press 1 and # before the power comes, and let go only when the screen says WEB RECOVERY. If it starts as usual again, choose unlock-by-config: the phone asks this bench, which is all that it needs.",
    screen: &["Updating configuration"],
    field_reports: &["FR-22"],
    depends_on: &[],
    check: |session, profiles| {
        let step = session.procedure.as_ref()?.current()?;
        let keys = step.ask.as_ref().is_some_and(|a| a.ask == profile::procedure::Ask::HoldKeyWhilePowering);
        let family = session.family(profiles)?;
        family.web.as_ref().filter(|w| w.recovery)?;
        let config = |f: &&crate::session::FileNote| {
            matches!(f.role, Some(profile::Role::Config | profile::Role::DefaultConfig)) && f.at > step.began
        };
        let asked = session.files_this_boot().find(config).filter(|_| keys && session.boot.1 > step.began)?;
        Some(vec![format!("it started again and asked for {}", asked.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use profile::procedure::Ask;

    use crate::observe::{Asked, Seen};

    fn keys_then(after: &[Seen]) -> Vec<Seen> {
        let ask = Asked { ask: Ask::HoldKeyWhilePowering, hold: Some("1 and #".into()), ..asked_for() };
        let started = Seen::ProcedureStarted {
            id: "web-recovery".into(),
            title: String::new(),
            target: None,
            rungs: Vec::new(),
            steps: vec!["keys".into()],
        };
        let began =
            Seen::StepBegan { id: "keys".into(), say: String::new(), why: String::new(), until: None, ask: Some(ask) };
        let mut journal = vec![aastra(), bound(), asked("startup.cfg"), started, began];
        journal.extend_from_slice(after);
        journal
    }

    #[test]
    fn fires_when_it_boots_on() {
        let mut after = vec![aastra(), bound()];
        after.extend(missed("aastra.cfg"));
        assert_eq!(codes(&keys_then(&after)), ["RB433"]);
    }

    #[test]
    fn silent_while_nothing_happened() {
        assert!(codes(&keys_then(&[])).is_empty());
    }
}
