use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::*;
use crate::host::testspace::{in_namespace, ip};

const OURS: Ipv4Addr = Ipv4Addr::new(10, 179, 40, 1);
const THEIRS: Ipv4Addr = Ipv4Addr::new(10, 9, 8, 1);

/// A folder that goes away with the test.
struct State(PathBuf);

impl State {
    fn new(test: &str) -> State {
        let dir = std::env::temp_dir().join(format!("ringback-undo-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        State(dir)
    }

    fn listed(&self) -> usize {
        match std::fs::read(self.0.join("host-undo.json")) {
            Ok(bytes) => serde_json::from_slice::<Vec<Record>>(&bytes).unwrap().len(),
            Err(_) => 0,
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A wire with a foreign address; answers its index.
fn wire() -> u32 {
    ip("link add va type veth peer name vb");
    ip("addr add 10.9.8.1/24 dev va");
    interface_index("va").unwrap()
}

fn on(index: u32) -> Vec<Ipv4Addr> {
    netlink::addresses().unwrap().iter().filter(|a| a.index == index).map(|a| a.address).collect()
}

fn is_up(name: &str) -> bool {
    crate::host::interfaces::list().unwrap().iter().any(|i| i.name == name && i.up)
}

/// As if the bench had been killed: nothing is taken back.
fn kill(mut undo: Undo) {
    undo.made.clear();
}

#[test]
fn what_was_added_is_removed_when_the_guard_goes() {
    in_namespace(|| {
        let (state, index) = (State::new("drop"), wire());
        let mut undo = Undo::new(&state.0);
        assert_eq!(undo.switch_on("va", index, false), Ok(Made::Now));
        assert_eq!(undo.add_address("va", index, OURS, 24), Ok(Made::Now));
        assert!(is_up("va"));
        assert_eq!(on(index), [THEIRS, OURS]);
        assert_eq!(state.listed(), 2);
        drop(undo);
        assert_eq!(on(index), [THEIRS]);
        assert!(is_up("va"), "it has an address of somebody else");
        assert_eq!(state.listed(), 0);
    });
}

#[test]
fn an_interface_that_was_off_is_switched_off_again() {
    in_namespace(|| {
        let (state, _) = (State::new("off"), wire());
        let index = interface_index("vb").unwrap();
        let mut undo = Undo::new(&state.0);
        undo.switch_on("vb", index, false).unwrap();
        undo.add_address("vb", index, OURS, 24).unwrap();
        let told: Vec<String> = undo.undo().iter().map(ToString::to_string).collect();
        assert_eq!(told, ["removed 10.179.40.1/24 on vb", "switched off vb, which the bench had switched on"]);
        assert!(!is_up("vb"));
    });
}

#[test]
fn an_address_that_was_there_before_is_left_alone() {
    in_namespace(|| {
        let (state, index) = (State::new("before"), wire());
        let mut undo = Undo::new(&state.0);
        assert_eq!(undo.add_address("va", index, THEIRS, 24), Ok(Made::Before));
        assert_eq!(state.listed(), 0);
        drop(undo);
        assert_eq!(on(index), [THEIRS]);
    });
}

#[test]
fn the_next_start_takes_back_what_a_killed_run_left() {
    in_namespace(|| {
        let (state, index) = (State::new("killed"), wire());
        let mut undo = Undo::new(&state.0);
        undo.add_address("va", index, OURS, 24).unwrap();
        kill(undo);
        // This process still runs, so it counts as in use …
        let report = clean_up(&state.0).unwrap();
        assert_eq!(report[0].outcome, Outcome::InUse);
        assert_eq!((on(index).len(), state.listed()), (2, 1));
        // … until the record names one that has ended.
        let mut ended = Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        edit(&state, |r| r.by.pid = ended.id());
        let report = clean_up(&state.0).unwrap();
        assert_eq!(report[0].to_string(), "removed 10.179.40.1/24 on va");
        assert_eq!((on(index), state.listed()), (vec![THEIRS], 0));
        assert_eq!(clean_up(&state.0), Ok(vec![]));
    });
}

#[test]
fn a_process_number_used_again_by_another_program_does_not_count() {
    in_namespace(|| {
        let (state, index) = (State::new("reused"), wire());
        let mut undo = Undo::new(&state.0);
        undo.add_address("va", index, OURS, 24).unwrap();
        kill(undo);
        let mut other = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        edit(&state, |r| r.by.pid = other.id());
        let outcome = clean_up(&state.0).unwrap().remove(0).outcome;
        drop(other.stdin.take());
        other.wait().unwrap();
        assert_eq!(outcome, Outcome::Undone);
    });
}

#[test]
fn what_only_looks_like_ours_is_not_removed() {
    in_namespace(|| {
        let (state, index) = (State::new("alike"), wire());
        for change in [|r: &mut Record| r.boot = "another".into(), |r: &mut Record| r.interface = "vb".into()] {
            let mut undo = Undo::new(&state.0);
            undo.add_address("va", index, OURS, 24).unwrap();
            kill(undo);
            edit(&state, |r| (r.by.pid, r.by.started) = (1, 1));
            edit(&state, change);
            assert_eq!(clean_up(&state.0).unwrap()[0].outcome, Outcome::Gone);
            assert_eq!((on(index).len(), state.listed()), (2, 0));
            ip("addr del 10.179.40.1/24 dev va");
        }
    });
}

#[test]
fn an_adapter_that_was_pulled_out_leaves_nothing_to_do() {
    in_namespace(|| {
        let (state, index) = (State::new("pulled"), wire());
        let mut undo = Undo::new(&state.0);
        undo.add_address("va", index, OURS, 24).unwrap();
        ip("link del va");
        assert_eq!(undo.undo()[0].outcome, Outcome::Gone);
        assert_eq!(state.listed(), 0);
        let error = undo.add_address("va", index, OURS, 24).unwrap_err();
        assert_eq!((error.code, state.listed()), ("RB503", 0));
    });
}

#[test]
fn an_unreadable_list_is_set_aside() {
    let state = State::new("unreadable");
    std::fs::write(state.0.join("host-undo.json"), b"[{\"interface\":").unwrap();
    assert_eq!(clean_up(&state.0), Ok(vec![]));
    assert!(state.0.join("host-undo.unreadable").exists());
}

#[test]
fn without_a_list_nothing_is_changed() {
    let state = State::new("nowhere");
    let file = state.0.join("file");
    std::fs::write(&file, b"").unwrap();
    // A folder cannot be made where a file is.
    assert_eq!(clean_up(&file).unwrap_err().code, "RB508");
}

/// Changes the one record in the list.
fn edit(state: &State, change: impl Fn(&mut Record)) {
    File::new(&state.0).change(|records| records.iter_mut().for_each(&change)).unwrap();
}
