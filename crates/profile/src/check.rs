//! Checks that go beyond the schema, and the messages of both: file, field, what is wrong, what would be right.

use std::collections::BTreeSet;
use std::fmt;

use crate::family::Family;
use crate::keys::Wipes;
use crate::procedure::{Needs, Otherwise, Procedure, StepKind};

/// Something wrong in a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, below its folder of profiles.
    pub file: String,
    /// The field, as a path (`keys.reset-soft.models`), or `line 12`.
    pub field: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub instead: String,
}

impl Problem {
    /// A problem from its four parts.
    pub fn new(
        file: impl Into<String>,
        field: impl Into<String>,
        what: impl Into<String>,
        instead: impl Into<String>,
    ) -> Problem {
        Problem { file: file.into(), field: field.into(), what: what.into(), instead: instead.into() }
    }

    /// A text that is not the TOML expected, with the line it stands on.
    pub fn toml(file: String, text: &str, error: &toml::de::Error) -> Problem {
        let line = error.span().map(|s| text.get(..s.start).unwrap_or("").matches('\n').count() + 1);
        let field = line.map_or_else(String::new, |n| format!("line {n}"));
        let message = error.message();
        let (what, instead) = match message.split_once(", expected ") {
            Some((what, expected)) => (what.to_owned(), format!("use {expected}")),
            None => (message.to_owned(), "see profiles/README.md".to_owned()),
        };
        Problem { file, field, what, instead }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {} — {}", self.what, self.instead)
    }
}

/// Everything the schema cannot say about a family.
pub fn family(folder: &str, family: &Family, problems: &mut Vec<Problem>) {
    let mut at = |field: &str, what: String, instead: String| {
        problems.push(Problem::new(format!("{folder}/family.toml"), field, what, instead));
    };
    if family.format != 1 {
        at("format", format!("{} is not a known format", family.format), "1".to_owned());
    }
    if family.id != folder {
        at("id", format!("`{}` is not the folder's name", family.id), format!("`{folder}`"));
    }
    if family.tftp.rollover > 1 {
        at("tftp.rollover", format!("{} is not a rollover", family.tftp.rollover), "0 or 1".to_owned());
    }
    let names: BTreeSet<&str> = family.models.iter().map(|m| m.name.as_str()).collect();
    if names.len() != family.models.len() {
        at("model", "two models have the same name".to_owned(), "one entry each".to_owned());
    }
    for (field, sources) in sourced(family) {
        for key in sources {
            if !family.sources.contains_key(key) {
                at(
                    &format!("{field}.source"),
                    format!("`{key}` is not in [sources]"),
                    "add it there, or name another".to_owned(),
                );
            }
        }
    }
    for menu in &family.menus {
        for model in menu.models.iter().filter(|m| !names.contains(m.as_str())) {
            at(&format!("menu.{}.models", menu.id), format!("no model `{model}`"), "a name as in [[model]]".to_owned());
        }
        if let Some(unlock) = menu.unlock.as_ref().filter(|id| !family.keys.iter().any(|k| k.id == **id)) {
            at(
                &format!("menu.{}.unlock", menu.id),
                format!("no key sequence `{unlock}`"),
                "an id as in [[keys]]".to_owned(),
            );
        }
        if menu.path.is_empty() {
            at(&format!("menu.{}.path", menu.id), "it leads nowhere".to_owned(), "the entries to choose".to_owned());
        }
    }
    for model in family.rescue.iter().flat_map(|r| &r.models).filter(|m| !names.contains(m.as_str())) {
        at("rescue.models", format!("no model `{model}`"), "a name as in [[model]]".to_owned());
    }
    let of_models = family.keys.iter().map(|k| (format!("keys.{}", k.id), &k.models));
    let of_models = of_models.chain(family.ladder.iter().map(|l| (format!("ladder.{}", l.id), &l.models)));
    let of_models = of_models.chain(family.firmware.iter().map(|f| (format!("firmware.{}", f.name.text()), &f.models)));
    let of_models = of_models.chain(family.archives.iter().map(|a| (format!("archive.{}", a.name), &a.models)));
    let of_models = of_models.chain(family.forbidden.iter().map(|f| (format!("forbidden.{}", f.id), &f.models)));
    for (field, models) in of_models {
        for model in models.iter().filter(|m| !names.contains(m.as_str())) {
            at(&format!("{field}.models"), format!("no model `{model}`"), "a name as in [[model]]".to_owned());
        }
    }
    firmware(family, &mut at);
    for file in &family.files {
        if let Some(template) = file.template.as_ref().filter(|t| !family.templates.contains_key(*t)) {
            at(
                &format!("file.{}.template", file.name.text()),
                format!("no templates/{template}"),
                "the name of a file in templates/".to_owned(),
            );
        }
    }
    for mark in &family.identity.oui {
        let digits = mark.prefix.chars().filter(char::is_ascii_hexdigit).count();
        if digits != 6 {
            at("identity.oui.prefix", format!("`{}` is not three bytes", mark.prefix), "`00:08:5D`".to_owned());
        }
    }
    let mut ids = BTreeSet::new();
    for procedure in &family.procedures {
        if !ids.insert(&procedure.id) {
            let file = format!("{folder}/procedures.toml");
            problems.push(Problem::new(
                file,
                &procedure.id,
                "two procedures have this id",
                "ids are unique in a family",
            ));
        }
        steps(folder, family, procedure, problems);
    }
}

fn firmware(family: &Family, at: &mut impl FnMut(&str, String, String)) {
    for naming in family.loads.iter().filter(|l| l.list.is_none() && family.firmware.is_empty()) {
        at(
            &format!("load.{}.list", naming.name.text()),
            "no list, and no [[firmware]] says which file the load is".to_owned(),
            "the name of its list, or a [[firmware]] entry".to_owned(),
        );
    }
    for file in &family.firmware {
        if let (Some(min), Some(max)) = (file.min_size, file.max_size)
            && min > max
        {
            at(
                &format!("firmware.{}.max_size", file.name.text()),
                format!("{max} is below min_size {min}"),
                "the length of the longest such file, bytes".to_owned(),
            );
        }
    }
    let is_sha1 = |t: &String| t.len() == 40 && t.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let archives = family.archives.iter().filter_map(|a| Some(("archive", &a.name, a.sha1.as_ref()?)));
    let files = family.published.iter().flat_map(|p| &p.files).map(|f| ("published", &f.name, &f.sha1));
    for (table, name, sha1) in archives.chain(files).filter(|(.., sha1)| !is_sha1(sha1)) {
        at(&format!("{table}.{name}.sha1"), format!("`{sha1}` is no SHA-1"), "40 hex digits".to_owned());
    }
    let mut ids = BTreeSet::new();
    for rule in &family.forbidden {
        let field = format!("forbidden.{}", rule.id);
        if !ids.insert(&rule.id) {
            at(&field, "two entries have this id".to_owned(), "ids are unique in a family".to_owned());
        }
        if rule.to_below.is_none() && rule.to_at_least.is_none() {
            at(&field, "it forbids every version".to_owned(), "give to_below, to_at_least or both".to_owned());
        }
    }
}

fn steps(folder: &str, family: &Family, procedure: &Procedure, problems: &mut Vec<Problem>) {
    let mut at = |step: &str, field: &str, what: String, instead: &str| {
        let field = format!("{}.{step}{field}", procedure.id);
        problems.push(Problem::new(format!("{folder}/procedures.toml"), field, what, instead));
    };
    for key in procedure.source.iter().filter(|k| !family.sources.contains_key(*k)) {
        at("", "source", format!("`{key}` is not in [sources] of family.toml"), "add it there, or name another");
    }
    for model in procedure.models.iter().filter(|m| !family.models.iter().any(|x| x.name == **m)) {
        at("", "models", format!("no model `{model}`"), "a name as in [[model]]");
    }
    if let Some(other) = procedure.instead.as_ref().filter(|i| family.procedure(i).is_none()) {
        at("", "instead", format!("no procedure `{other}`"), "the id of a procedure of this family");
    }
    if procedure.instead.is_some() && procedure.runs_below.is_none() && procedure.runs_from.is_none() {
        at("", "instead", "it is never begun in its place".to_owned(), "give runs_below or runs_from");
    }
    if procedure.needs == Needs::Rescue && family.rescue.is_empty() {
        at("", "needs", "the family has no rescue".to_owned(), "[[rescue]] in family.toml");
    }
    if procedure.needs == Needs::Target && procedure.to_protocol.is_none() {
        at(
            "",
            "to_protocol",
            "it needs a target and names no protocol".to_owned(),
            "the protocol of the load it leads to",
        );
    }
    if procedure.wipes == Wipes::Firmware && procedure.needs == Needs::Nothing {
        at(
            "",
            "needs",
            "it wipes the firmware and needs no load".to_owned(),
            "`ladder` or `recovery-load`: a wiped phone without a load stays dead",
        );
    }
    if procedure.steps.is_empty() {
        at("", "step", "no steps".to_owned(), "at least one [[procedure.step]]");
    }
    let ids: BTreeSet<&str> = procedure.steps.iter().map(|s| s.id.as_str()).collect();
    if ids.len() != procedure.steps.len() {
        at("", "step", "two steps have the same id".to_owned(), "ids are unique in a procedure");
    }
    let blocks = procedure.steps.chunk_by(|a, b| a.each_rung == b.each_rung).filter(|c| c[0].each_rung).count();
    if blocks > 1 {
        at(
            "",
            "each_rung",
            "the steps repeated for each rung do not stand together".to_owned(),
            "one block of neighbours",
        );
    }
    let mut verified = false;
    for step in &procedure.steps {
        let targets = match &step.kind {
            StepKind::Ask { ask, otherwise, keys, menu, answers, within_s, .. } => {
                if let Some(menu) = menu.as_ref().filter(|id| !family.menus.iter().any(|x| x.id == **id)) {
                    at(&step.id, ".menu", format!("no menu `{menu}`"), "an id as in [[menu]]");
                }
                if !answers.is_empty() && *ask != crate::procedure::Ask::ReadScreen {
                    at(&step.id, ".answers", "only a screen has answers".to_owned(), "ask = \"read-screen\"");
                }
                for goto in answers.iter().filter_map(|a| a.goto.as_ref()).filter(|g| !ids.contains(g.as_str())) {
                    at(&step.id, ".answers", format!("no step `{goto}`"), "the id of a step of this procedure");
                }
                if let Some(keys) = keys.as_ref().filter(|k| !family.keys.iter().any(|x| x.id == **k)) {
                    at(&step.id, ".keys", format!("no key sequence `{keys}`"), "an id as in [[keys]]");
                }
                if matches!(otherwise, Otherwise::Goto(_)) && within_s.is_none() {
                    at(&step.id, ".within_s", "a way out without a time".to_owned(), "give within_s");
                }
                Some(otherwise)
            }
            StepKind::Expect { otherwise, .. } | StepKind::Tell { otherwise, .. } => Some(otherwise),
            StepKind::Verify { otherwise, .. } => {
                verified = true;
                Some(otherwise)
            }
            StepKind::Branch { goto, .. } | StepKind::Goto { goto } => {
                if !ids.contains(goto.as_str()) {
                    at(&step.id, ".goto", format!("no step `{goto}`"), "the id of a step of this procedure");
                }
                None
            }
            StepKind::WebRecover { otherwise, .. } => {
                if !family.web.as_ref().is_some_and(|w| w.recovery) {
                    at(&step.id, ".kind", "the family has no recovery page".to_owned(), "`recovery = true` in [web]");
                }
                Some(otherwise)
            }
            StepKind::WebUi { otherwise, action, .. } => {
                let known = |w: &crate::Web| action == "look" || w.actions.iter().any(|a| a.id == *action);
                if !family.web.as_ref().is_some_and(known) {
                    at(&step.id, ".action", format!("no action `{action}`"), "`look`, or an id as in [[web.action]]");
                }
                Some(otherwise)
            }
            StepKind::Serve { .. } | StepKind::Wait { .. } => None,
        };
        if let Some(Otherwise::Goto(id)) =
            targets.filter(|o| matches!(o, Otherwise::Goto(id) if !ids.contains(id.as_str())))
        {
            at(&step.id, ".otherwise", format!("no step `{id}`"), "the id of a step of this procedure");
        }
    }
    if !verified {
        at("", "step", "nothing proves the result".to_owned(), "end with a step of kind `verify`");
    }
}

/// Every table that names sources, with its field path.
fn sourced(family: &Family) -> Vec<(String, &[String])> {
    let mut all: Vec<(String, &[String])> = Vec::new();
    all.extend(family.models.iter().map(|x| (format!("model.{}", x.name), x.source.as_slice())));
    all.extend(family.files.iter().map(|x| (format!("file.{}", x.name.text()), x.source.as_slice())));
    all.extend(family.loads.iter().map(|x| (format!("load.{}", x.name.text()), x.source.as_slice())));
    all.extend(family.ladder.iter().map(|x| (format!("ladder.{}", x.id), x.source.as_slice())));
    all.extend(family.firmware.iter().map(|x| (format!("firmware.{}", x.name.text()), x.source.as_slice())));
    all.extend(family.archives.iter().map(|x| (format!("archive.{}", x.name), x.source.as_slice())));
    all.extend(family.published.iter().map(|x| ("published".to_owned(), x.source.as_slice())));
    all.extend(family.forbidden.iter().map(|x| (format!("forbidden.{}", x.id), x.source.as_slice())));
    all.extend(family.menus.iter().map(|x| (format!("menu.{}", x.id), x.source.as_slice())));
    all.extend(family.keys.iter().map(|x| (format!("keys.{}", x.id), x.source.as_slice())));
    all.extend(family.pnp.iter().map(|x| ("pnp".to_owned(), x.source.as_slice())));
    all.extend(family.login.iter().map(|x| ("login".to_owned(), x.source.as_slice())));
    all.extend(family.rescue.iter().map(|x| ("rescue".to_owned(), x.source.as_slice())));
    all.extend(family.dhcp.options.iter().map(|x| (format!("dhcp.option.{}", x.code), x.source.as_slice())));
    all.extend(family.hosts.iter().map(|x| (format!("host.{}", x.name.text()), x.source.as_slice())));
    all.extend(family.announcements.iter().map(|x| (format!("announce.{}", x.service), x.source.as_slice())));
    if let Some(web) = &family.web {
        all.push(("web".to_owned(), web.source.as_slice()));
        all.extend(web.actions.iter().map(|x| (format!("web.action.{}", x.id), x.source.as_slice())));
    }
    let identity = &family.identity;
    let marks = [
        ("vendor_class", &identity.vendor_class),
        ("cdp_platform", &identity.cdp_platform),
        ("cdp_device_id", &identity.cdp_device_id),
        ("cdp_version", &identity.cdp_version),
        ("lldp_model", &identity.lldp_model),
        ("lldp_software", &identity.lldp_software),
        ("file_name", &identity.file_name),
        ("user_agent", &identity.user_agent),
        ("pnp", &identity.pnp),
    ];
    for (name, list) in marks {
        all.extend(list.iter().map(|x| (format!("identity.{name}"), x.source.as_slice())));
    }
    all.extend(identity.oui.iter().map(|x| ("identity.oui".to_owned(), x.source.as_slice())));
    all.extend(
        identity
            .parameter_request_list
            .iter()
            .map(|x| ("identity.parameter_request_list".to_owned(), x.source.as_slice())),
    );
    all
}
