//! RB115: after the reset keys the phone is back with its old network settings.

use super::keys_asked;
use crate::diagnose::{Rule, Severity};
use crate::observe::Outcome;

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB115",
    title: "The phone came back with its old network settings",
    severity: Severity::Trouble,
    cause: "The reset keys were asked for, and the phone still uses an address or a server of its former network: the \
            reset was not accepted, or the network settings were kept (answer 1). Which of the two cannot be seen.",
    remedy: "Reset it again. Where the screen asks Keep network cfg?, press 2 within 60 seconds: any other key, or none, \
             erases nothing.",
    screen: &["Keep network cfg? 1 = yes 2 = no"],
    field_reports: &["FR-03", "FR-06"],
    depends_on: &[],
    check: |session, _| {
        let asked = keys_asked(session)?;
        let old = |what: String| Some(vec![asked.clone(), what]);
        let procedure = session.procedure.as_ref()?;
        procedure.ended.as_ref().filter(|e| e.0 != Outcome::Recovered)?;
        if let Some(address) = session.address.filter(|_| !session.bound && session.boots == 0) {
            return old(format!("it has the address {address}, which this bench did not give it"));
        }
        let seeks = session.seeks.last()?;
        let here = session.files_this_boot().next().is_some();
        if here { None } else { old(format!("it looks for {seeks} and asks the bench for no file")) }
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use crate::observe::Seen;

    #[test]
    fn fires_when_the_old_server_is_still_looked_for() {
        let mut journal = vec![discover(), bound()];
        journal.extend(keys_typed());
        journal.extend([Seen::ArpSeeks { address: [192, 168, 1, 5].into() }, gave_up("no configuration asked for")]);
        assert_eq!(codes(&journal), ["RB115"]);
    }

    #[test]
    fn silent_when_it_asks_here_now() {
        let mut journal = vec![discover(), bound()];
        journal.extend(keys_typed());
        journal.extend([discover(), bound()]);
        journal.extend(got("SEP0011BB73AD61.cnf.xml"));
        assert!(!codes(&journal).contains(&"RB115"));
    }
}
