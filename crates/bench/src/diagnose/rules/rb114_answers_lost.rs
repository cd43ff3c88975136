//! RB114: the phone asks and hears nothing of the answers.

use crate::diagnose::{Rule, Severity};

/// The rule.
pub(super) static RULE: Rule = Rule {
    code: "RB114",
    title: "What the bench sends does not arrive",
    severity: Severity::Trouble,
    cause: "Requests of the phone come in, and not one byte of the answers is acknowledged: a firewall on this \
            computer, a cable that carries one direction only, or another program that answers in between.",
    remedy: "Let UDP from port 69 and from the ports above 1023 out on the phone's interface. Then try another cable.",
    screen: &["TFTP timeout"],
    field_reports: &["FR-13"],
    depends_on: &[],
    check: |session, _| {
        let dead: Vec<_> = session.files_this_boot().filter(|f| f.dead > 0 && f.done == 0).collect();
        let arrived = session.files_this_boot().any(|f| f.done > 0);
        let count: u32 = dead.iter().map(|f| f.dead).sum();
        let first = dead.first().filter(|_| count >= 2 && !arrived)?;
        Some(vec![format!("{count} transfers began and nothing of them was acknowledged, {} first", first.name)])
    },
};

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn fires_when_two_transfers_die() {
        let mut journal = vec![discover(), bound()];
        journal.extend(lost("SEP0011BB73AD61.cnf.xml"));
        assert!(codes(&journal).is_empty(), "one may be bad luck");
        journal.extend(lost("SEP0011BB73AD61.cnf.xml"));
        assert_eq!(codes(&journal), ["RB114"]);
    }

    #[test]
    fn silent_when_anything_arrives() {
        let mut journal = vec![discover(), bound()];
        journal.extend(got("CTLSEP0011BB73AD61.tlv"));
        journal.extend(lost("SEP0011BB73AD61.cnf.xml"));
        journal.extend(lost("SEP0011BB73AD61.cnf.xml"));
        assert!(codes(&journal).is_empty());
    }
}
