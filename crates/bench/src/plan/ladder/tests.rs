//! Ways from version to version, with the built-in profiles and with made-up ones.

use profile::load::Origin;
use profile::{Profiles, Way};

use super::way::{Plan, Wish, plan};
use super::*;
use crate::shelf::{Blob, BlobKind, Firmware};

const MADE_UP: &str = r#"
format = 1
id = "made-up"
maker = "Maker"
name = "Made-up phones"
version_scheme = "aastra"
[sources]
S1 = "The maker's caution"
[[model]]
name = "M1"
confidence = "vendor"
[[model]]
name = "M2"
confidence = "vendor"
[dhcp]
[[file]]
name = "a.cfg"
role = "config"
missing = "goes-on"
confidence = "vendor"
[[load]]
name = "{version}-SIP"
protocol = "sip"
confidence = "vendor"
[[load]]
name = "{version}"
protocol = "sip"
confidence = "vendor"
[[firmware]]
name = "m1.st"
models = ["M1"]
min_size = 1000
confidence = "vendor"
[[ladder]]
id = "4.3"
models = ["M1"]
from_below = "4.3.0"
to_above = "4.3.0.2000"
via = "4.3.0.1063"
reason = "Older ones must stop over."
source = ["S1"]
confidence = "vendor"
[[archive]]
name = "m1-4.3.0.1063.zip"
load = "4.3.0.1063"
models = ["M1"]
size = 5
source = ["S1"]
confidence = "vendor"
[[forbidden]]
id = "dead"
models = ["M1"]
by = "recovery"
from_below = "4.2.0"
to_at_least = "5.0.0.2036"
to_below = "6.1"
reason = "The phone is dead afterwards."
source = ["S1"]
confidence = "vendor"
[[forbidden]]
id = "old-board"
hardware = "B*"
to_below = "4.0"
reason = "Boards B refuse it."
confidence = "vendor"
"#;

fn profiles() -> Profiles {
    let (mut profiles, problems) = Profiles::built_in();
    assert!(problems.is_empty());
    let files = [("made-up/family.toml".to_owned(), MADE_UP.to_owned())];
    let problems = profiles.add(&Origin::Folder("here".to_owned()), files);
    assert!(problems.is_empty(), "{problems:?}");
    profiles
}

fn st(name: &str, version: &str, size: u64) -> Blob {
    let firmware = Firmware { version: Some(version.to_owned()), grade: "likely".to_owned(), ..Firmware::default() };
    blob(name, size, BlobKind::Firmware(firmware))
}

fn blob(name: &str, size: u64, kind: BlobKind) -> Blob {
    let sha256 = crate::shelf::sha256_hex(format!("{name}{kind:?}").as_bytes());
    Blob {
        name: name.to_owned(),
        sha256,
        size,
        kind,
        faults: vec![],
        cautions: vec![],
        archive: None,
        proven: None,
        disproven: None,
    }
}

fn list(name: &str, files: &[&str], hardware: Option<u32>, release: Option<&str>) -> Blob {
    let files = files.iter().map(|f| (*f).to_owned()).collect();
    blob(name, 600, BlobKind::LoadList { files, hardware, release: release.map(str::to_owned) })
}

fn way(
    model: &str,
    shelf: &Shelf,
    from: &str,
    to: &str,
    by: Option<Way>,
    hardware: Option<&str>,
) -> Result<Plan, String> {
    let profiles = profiles();
    let (family, model) = profiles.model(model).unwrap();
    plan(family, model, shelf, &Wish { from, to: Some(to), by, hardware })
        .map_err(|e| format!("{} {}", e.code(), e.words()))
}

fn loads(plan: &Plan) -> Vec<&str> {
    plan.rungs.iter().map(|r| r.load.as_str()).collect()
}

fn codes(faults: &[Fault]) -> Vec<&str> {
    faults.iter().map(|f| f.code.as_str()).collect()
}

#[test]
fn the_step_over_8_5_2_names_its_archive() {
    let plan = way("7965G", &Shelf::default(), "8.3(2)", "9.4(2)SR1", None, None).unwrap();
    assert_eq!(loads(&plan), ["SCCP45.8-5-2S", "SCCP45.9-4-2SR1-1S"], "the build is known from its siblings");
    let first = &plan.rungs[0];
    assert!(first.because.as_ref().unwrap().contains("key"));
    assert_eq!(first.missing[0].name, "SCCP45.8-5-2S.loads");
    assert_eq!(first.fetch[0].archive, "cmterm-7945_7965-sccp.8-5-2.zip");
    assert_eq!(plan.rungs[1].because, None);
    assert!(!plan.is_ready());
}

#[test]
fn a_look_alike_will_not_do() {
    let shelf = Shelf::new([list("SCCP45.8-5-2SR1S.loads", &[], None, None)]);
    let plan = way("7965G", &shelf, "SCCP45.8-3-2S", "9.4(2)SR1", None, None).unwrap();
    assert_eq!(loads(&plan)[0], "SCCP45.8-5-2S");
    assert!(plan.rungs[0].missing[0].why.contains("SCCP45.8-5-2SR1S is, and will not do"), "{plan:?}");
    assert!(codes(&plan.cautions).contains(&"RB252"));
}

#[test]
fn hardware_levels_are_told_and_refused_when_known() {
    let old = list("SCCP45.8-5-2S.loads", &[], None, Some("8-5-2TH1-9"));
    let new = list("SCCP45.9-4-2SR1-1S.loads", &[], Some(15), Some("9-4-2ES9"));
    let shelf = Shelf::new([old, new]);
    let open = way("7965G", &shelf, "8.3(2)", "9.4(2)SR1", None, None).unwrap();
    assert!(codes(&open.cautions).contains(&"RB251") && open.refused.is_empty() && open.is_ready(), "{open:?}");
    let known = way("7965G", &shelf, "8.3(2)", "9.4(2)SR1", None, Some("8")).unwrap();
    assert_eq!(codes(&known.refused), ["RB251"]);
    assert!(known.refused[0].what.contains("SCCP45.8-5-2S") && known.refused[0].what.contains("inferred"));
}

#[test]
fn a_7960_never_goes_back_to_unsigned() {
    let plan = way("7960G", &Shelf::default(), "P0S3-8-12-00", "P0S3-04-4-00", None, None).unwrap();
    assert_eq!(codes(&plan.refused), ["RB250"]);
    assert!(plan.refused[0].what.contains("unsigned") && plan.rungs.is_empty(), "{plan:?}");
    let plan = way("7960G", &Shelf::default(), "P0S3-08-8-00", "8.12", None, None).unwrap();
    assert_eq!((loads(&plan), plan.refused.len()), (vec!["P0S3-8-12-00"], 0));
    assert!(!plan.rungs[0].fetch.is_empty());
    let plan = way("7960G", &Shelf::default(), "P00308000700", "8.1(2)SR2", None, None).unwrap();
    assert_eq!(loads(&plan), ["P0030801SR02"]);
    assert_eq!(plan.rungs[0].fetch[0].archive, "cmterm-7940-7960-sccp.8-1-2SR2.zip");
}

#[test]
fn a_phone_can_change_its_protocol() {
    let plan = way("7945G", &Shelf::default(), "SCCP45.8-3-2S", "SIP45.9-4-2SR3-1S", None, None).unwrap();
    assert_eq!(loads(&plan), ["SIP45.8-5-2S", "SIP45.9-4-2SR3-1S"]);
}

#[test]
fn another_phones_load_is_refused() {
    let error = way("7965G", &Shelf::default(), "SCCP42.8-3-2S", "9.4(2)", None, None).unwrap_err();
    assert!(error.starts_with("RB237"), "{error}");
    let error = way("7965G", &Shelf::default(), "SCCP45.8-3-2S", "SIP42.9-4-2S", None, None).unwrap_err();
    assert!(error.starts_with("RB237"), "{error}");
    assert!(way("7965G", &Shelf::default(), "nothing", "9.4(2)", None, None).unwrap_err().starts_with("RB221"));
    assert!(way("7965G", &Shelf::default(), "8.5(2)", "8.5(2)", None, None).unwrap_err().starts_with("RB223"));
}

#[test]
fn a_load_of_one_file_is_known_by_its_version() {
    let shelf =
        Shelf::new([st("m1.st", "4.3.0.1063", 2000), st("m1.st", "5.1.0.1024", 2000), st("m1.st", "6.4.0.1", 9)]);
    let plan = way("M1", &shelf, "4.1.0.128-SIP", "5.1.0.1024", Some(Way::Network), None).unwrap();
    assert_eq!(loads(&plan), ["4.3.0.1063-SIP", "5.1.0.1024-SIP"]);
    assert!(plan.is_ready(), "{plan:?}");
    assert_eq!(plan.rungs[0].here[0].name, "m1.st");
    assert!(codes(&plan.cautions).contains(&"RB247"));
    let plan = way("M1", &shelf, "5.1.0.1024", "6.4.0.1", None, None).unwrap();
    assert!(plan.rungs[0].missing[0].why.contains("RB246"), "{plan:?}");
    let plan = way("M1", &Shelf::default(), "4.1.0.128", "5.1.0.1024", Some(Way::Network), None).unwrap();
    assert_eq!(plan.rungs[0].fetch[0].archive, "m1-4.3.0.1063.zip");
    assert!(plan.rungs[0].missing[0].name.contains("m1.st"));
}

#[test]
fn what_bricks_is_refused_and_what_goes_around_it_is_not() {
    let at_once = way("M1", &Shelf::default(), "4.1.0.128", "5.0.0.2036", Some(Way::Recovery), None).unwrap();
    assert_eq!(codes(&at_once.refused), ["RB250"]);
    assert!(at_once.refused[0].what.contains("dead") && at_once.refused[0].what.contains("maker's caution"));
    let step = way("M1", &Shelf::default(), "4.1.0.128", "5.0.0.2036", None, None).unwrap();
    assert_eq!((loads(&step), step.refused.len()), (vec!["4.3.0.1063-SIP", "5.0.0.2036-SIP"], 0));
    assert!(step.cautions.iter().any(|c| c.code == "RB250" && c.what.contains("never straight")), "{step:?}");
    let from_above = way("M1", &Shelf::default(), "4.3.0.2036", "5.0.0.2036", Some(Way::Recovery), None).unwrap();
    assert!(from_above.refused.is_empty());
}

#[test]
fn boards_that_are_not_known_are_warned_of() {
    let old = |hardware| way("M2", &Shelf::default(), "4.3.0.1", "3.3.1.4365", None, hardware).unwrap();
    assert_eq!((codes(&old(None).cautions), old(None).refused.len()), (vec!["RB251"], 0));
    assert_eq!(codes(&old(Some("B.1")).refused), ["RB250"]);
    assert!(old(Some("A.4")).refused.is_empty() && old(Some("A.4")).cautions.is_empty());
}

#[test]
fn a_recovery_never_writes_what_bricks() {
    let profiles = profiles();
    let (family, model) = profiles.model("M1").unwrap();
    let shelf = Shelf::new([st("m1.st", "4.3.0.1063", 2000), st("m1.st", "5.0.0.2036", 2000)]);
    let unknown = recovery(family, model, &shelf, None).unwrap();
    assert_eq!(unknown.name, "4.3.0.1063-SIP", "what is not known is not risked");
    assert_eq!(recovery(family, model, &shelf, Some("4.3.0.1063")).unwrap().name, "5.0.0.2036-SIP");
    let only = Shelf::new([st("m1.st", "5.0.0.2036", 2000)]);
    let lacking = recovery(family, model, &only, Some("4.1.0.128")).unwrap_err();
    assert!(lacking[0].why.contains("RB250"), "{lacking:?}");
}

#[test]
fn a_recovery_list_is_proven_by_a_load_of_its_release() {
    let profiles = profiles();
    let family = profiles.family("cisco-79xx-java").unwrap();
    let files = ["term65.default.loads", "jar45sccp.8-5-2TH1-9.sbn", "cnu45.8-5-2TH1-9.sbn"];
    let proves = |running: &str| known::may_come_from(family, running, files.into_iter());
    assert!(proves("SCCP45.8-5-2S"));
    for other in ["SCCP45.8-5-2SR1S", "SIP45.8-5-2S", "SCCP42.8-5-2S", "SCCP45.9-4-2S", "nonsense"] {
        assert!(!proves(other), "{other}");
    }
}

#[test]
fn a_list_of_another_phones_files_is_not_complete() {
    let files = ["jar42sccp.8-5-2TH1-9.sbn"];
    let shelf = Shelf::new([list("SCCP45.8-5-2S.loads", &files, None, None), blob(files[0], 9, BlobKind::Image)]);
    let profiles = profiles();
    let (family, model) = profiles.model("7965G").unwrap();
    let known = known(family, model, &shelf);
    assert!(!known[0].load.is_complete());
    assert_eq!(known[0].load.list.faults[0].code, "RB237");
}

#[test]
fn mistakes_in_a_profile_are_named() {
    let mut profiles = Profiles::default();
    let add = |profiles: &mut Profiles, from: &str, to: &str| {
        let files = [("made-up/family.toml".to_owned(), MADE_UP.replace(from, to))];
        assert_eq!(profiles.add(&Origin::Folder("here".to_owned()), files), []);
        check(profiles.family("made-up").unwrap())
    };
    assert_eq!(add(&mut profiles, "nothing", "nothing"), []);
    for (from, to, field) in [
        ("\"aastra\"", "\"no-scheme\"", "version_scheme"),
        ("via = \"4.3.0.1063\"", "via = \"soon\"", "ladder.4.3.via"),
        ("reason = \"Older", "not = [\"4.3.0.1063\"]\nreason = \"Older", "ladder.4.3.not"),
        ("to_below = \"6.1\"", "to_below = \"x\"", "forbidden.dead.to_below"),
        ("load = \"4.3.0.1063\"", "load = \"x\"", "archive.m1-4.3.0.1063.zip.load"),
    ] {
        let problems = add(&mut profiles, from, to);
        assert_eq!(problems.first().map(|p| p.field.as_str()), Some(field), "{problems:?}");
    }
}
