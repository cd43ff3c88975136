//! Reading families from texts: the ones built in, and those of the technician's own folders.
//!
//! Reading files is the app's work; what arrives here is (path, text).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::check::{self, Problem};
use crate::{Family, Procedure, Template};

/// The families of this repository, as (path below `profiles/`, text).
static BUILT_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/profiles.in"));

/// Where a family's files were read from, for messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built into the program.
    BuiltIn,
    /// The technician's own folder.
    Folder(String),
}

/// Every family that is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles {
    families: BTreeMap<String, (Origin, Family)>,
}

impl Profiles {
    /// The built-in families. A fault in them is a fault of the program; the tests look for it.
    pub fn built_in() -> (Profiles, Vec<Problem>) {
        let mut profiles = Profiles::default();
        let problems = profiles.add(&Origin::BuiltIn, BUILT_IN.iter().map(|&(p, t)| (p.to_owned(), t.to_owned())));
        (profiles, problems)
    }

    /// Adds families from files given as (`<family>/family.toml`, text). A family with a known id replaces it.
    /// Families with a fatal problem are left out; every problem is returned.
    pub fn add(&mut self, origin: &Origin, files: impl IntoIterator<Item = (String, String)>) -> Vec<Problem> {
        let mut folders: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (path, text) in files {
            let Some((folder, rest)) = path.split_once('/') else { continue };
            folders.entry(folder.to_owned()).or_default().insert(rest.to_owned(), text);
        }
        let mut problems = Vec::new();
        for (folder, files) in folders {
            if let Some(family) = read_family(&folder, &files, &mut problems) {
                self.families.insert(family.id.clone(), (origin.clone(), family));
            }
        }
        problems
    }

    /// All families, by id.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.families.values().map(|(_, family)| family)
    }

    /// The family with this id.
    pub fn family(&self, id: &str) -> Option<&Family> {
        self.families.get(id).map(|(_, family)| family)
    }

    /// Where a family came from.
    pub fn origin(&self, id: &str) -> Option<&Origin> {
        self.families.get(id).map(|(origin, _)| origin)
    }

    /// The first family that has a model of this name or alias, and the model.
    pub fn model(&self, name: &str) -> Option<(&Family, &crate::Model)> {
        self.families().find_map(|f| f.model(name).map(|m| (f, m)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Procedures {
    #[serde(rename = "procedure", default)]
    procedures: Vec<Procedure>,
}

fn read_family(folder: &str, files: &BTreeMap<String, String>, problems: &mut Vec<Problem>) -> Option<Family> {
    let path = |name: &str| format!("{folder}/{name}");
    let Some(text) = files.get("family.toml") else {
        problems.push(Problem::new(path("family.toml"), "", "the file is missing", "copy profiles/_template"));
        return None;
    };
    let mut family: Family = match toml::from_str(text) {
        Ok(family) => family,
        Err(error) => {
            problems.push(Problem::toml(path("family.toml"), text, &error));
            return None;
        }
    };
    if let Some(text) = files.get("procedures.toml") {
        match toml::from_str::<Procedures>(text) {
            Ok(read) => family.procedures = read.procedures,
            Err(error) => problems.push(Problem::toml(path("procedures.toml"), text, &error)),
        }
    }
    for (name, text) in files {
        let Some(name) = name.strip_prefix("templates/") else { continue };
        match Template::new(name, text) {
            Ok(template) => {
                family.templates.insert(name.to_owned(), template);
            }
            Err(error) => problems.push(Problem::new(
                path(&format!("templates/{name}")),
                "",
                &error,
                "see the list of names in profiles/README.md",
            )),
        }
    }
    check::family(folder, &family, problems);
    Some(family)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_families_have_no_problem() {
        let (profiles, problems) = Profiles::built_in();
        assert!(problems.is_empty(), "{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>());
        assert!(profiles.families().count() >= 1);
    }
}
