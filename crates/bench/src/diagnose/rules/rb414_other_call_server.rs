//! RB414: the phone has its files and looks for a call server elsewhere.

use profile::Role;

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB414",
    title: "The phone looks for its old call server",
    severity: Severity::Trouble,
    cause: "It took its configuration here and then turned to an address that is not the bench's, and it does not \
            register here: the configuration names another call server, or the phone keeps one of its own. That it \
            looks for a call server and not for something else is inferred.",
    remedy: "Give it a configuration that names the call server it is to use.",
    screen: &["Registering", "Registration Rejected"],
    field_reports: &["FR-06"],
    depends_on: &["RB103", "RB302"],
    check: |session, _| {
        let config = [Role::Config, Role::DefaultConfig];
        let read =
            session.files_this_boot().rev().find(|f| f.role.is_some_and(|r| config.contains(&r)) && f.done > 0)?;
        let seeks = session.seeks.last().filter(|_| session.seeks_n > read.done_n)?;
        session.registered.is_none().then(|| {
            vec![format!("it fetched {}", read.name), format!("it then looked for {seeks} and has not registered here")]
        })
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    const SEEKS: Seen = Seen::ArpSeeks { address: std::net::Ipv4Addr::new(10, 0, 0, 77) };

    #[test]
    fn fires_when_it_turns_elsewhere_after_its_configuration() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("SEP0011BB73AD61.cnf.xml"));
        journal.push(SEEKS);
        assert_eq!(codes(&journal), ["RB414"]);
    }

    #[test]
    fn silent_once_it_registers_here() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("SEP0011BB73AD61.cnf.xml"));
        journal.extend([SEEKS, registered()]);
        assert!(codes(&journal).is_empty());
    }
}
