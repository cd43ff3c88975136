//! For which phones a file is, going by its name alone: by the patterns of a family, and by words in it that are
//! models' names. What the file says of itself is deliberately not here.

use std::collections::BTreeSet;

use profile::{Family, Model, Profiles, Role};

use crate::plan::ladder::known::named;

/// The models, each as (family, model). Empty when nothing in the name speaks of one.
pub fn whose<'p>(profiles: &'p Profiles, name: &str) -> BTreeSet<(&'p str, &'p str)> {
    let bare = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let all = |of: &dyn Fn(&'p Family) -> Vec<&'p Model>| -> BTreeSet<(&'p str, &'p str)> {
        let models = profiles.families().flat_map(|f| of(f).into_iter().map(move |m| (f, m)));
        models.map(|(family, model)| (family.id.as_str(), model.name.as_str())).collect()
    };
    // A low line is part of a model's name (`T19P_E2`), or stands between two (`7945_7965`).
    for is_joined in [true, false] {
        let is_between = |c: char| !(c.is_ascii_alphanumeric() || is_joined && c == '_');
        let words: Vec<&str> = bare.split(is_between).filter(|w| w.len() > 1).collect();
        let by_word = all(&|family| family.models.iter().filter(|m| words.iter().any(|w| m.is_named(w))).collect());
        if !by_word.is_empty() {
            return by_word;
        }
    }
    all(&|family| by_pattern(family, bare))
}

fn by_pattern<'f>(family: &'f Family, bare: &str) -> Vec<&'f Model> {
    let of = |keep: &dyn Fn(&Model) -> bool| family.models.iter().filter(|m| keep(m)).collect::<Vec<_>>();
    if let Some(archive) = family.archives.iter().find(|a| a.name.eq_ignore_ascii_case(bare)) {
        let images = named(family, &archive.load).and_then(|n| n.images);
        return of(&|m| if archive.models.is_empty() { m.images == images } else { archive.models.contains(&m.name) });
    }
    // A pattern with open parts fits other makers' files too.
    if let Some(single) = family.firmware.iter().find(|f| f.name.text().eq_ignore_ascii_case(bare)) {
        return of(&|m| single.models.contains(&m.name));
    }
    let Some((file, captures)) = family.boot_file(bare) else { return Vec::new() };
    match file.role {
        Role::RecoveryLoadList => {
            of(&|m| m.recovery_load_list.as_ref().is_some_and(|list| list.eq_ignore_ascii_case(bare)))
        }
        Role::LoadList => {
            let load = captures.get("load").unwrap_or_default();
            match named(family, load) {
                Some(named) => of(&|m| m.images == named.images),
                None => Vec::new(),
            }
        }
        Role::Image => match captures.get("nn") {
            Some(nn) => of(&|m| m.images.as_deref() == Some(nn)),
            // Where all phones of a family run one file, its pattern has no number.
            None => of(&|m| m.images.is_none()),
        },
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_a_file_is() {
        let profiles = Profiles::built_in().0;
        let names = |name: &str| whose(&profiles, name).into_iter().map(|w| w.1).collect::<Vec<_>>().join(" ");
        for (name, models) in [
            ("cnu45.9-4-2ES9.sbn", "7945G 7965G"),
            ("SCCP45.9-4-2SR1-1S.loads", "7945G 7965G"),
            ("term65.default.loads", "7965G"),
            ("cmterm-7942_7962-sccp.9-4-2SR1-1.zip", "7942G 7962G"),
            ("cmterm-7945_7965-sip.8-5-2.cop.sgn", "7945G 7965G"),
            ("P0S3-8-12-00.sb2", "7940G 7960G"),
            ("57i.st", "6757i"),
            ("57iCT.st", "6757iCT"),
            ("6867i.st", "6867i"),
            ("T19P_E2-53.84.0.125.rom", "T19P_E2"),
            ("T46S(T48S,T42S,T41S)-66.84.0.125.rom", "T41S T42S T46S T48S"),
            ("firmware.bin", ""),
            ("x.zip", ""),
            ("readme.txt", ""),
        ] {
            assert_eq!(names(name), models, "{name}");
        }
    }
}
