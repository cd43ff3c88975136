//! The live screen as a technician sees and uses it: keys in, commands and drawn lines out.

use bench::view::View;
use bench::{Command, Observation, Seen, State};
use profile::Profiles;
use proto::{Mac, Time};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::draw::draw;
use super::screen::Screen;

const A: Mac = Mac([0, 0x11, 0xbb, 0, 0, 1]);
const B: Mac = Mac([0, 0x11, 0xbb, 0, 0, 2]);

fn cdp() -> Seen {
    let (platform, version) = ("Cisco IP Phone 7965".to_owned(), "SCCP45.9-4-2SR1-1S".to_owned());
    Seen::Cdp { device_id: String::new(), platform, version, port: String::new() }
}

/// A procedure that asks for this.
fn asked(say: &str, ask: serde_json::Value) -> Vec<Seen> {
    let (id, title) = ("full-wipe".to_owned(), "Wipe everything".to_owned());
    let until = Some(Time::from_secs(1_200));
    let ask = Some(serde_json::from_value(ask).unwrap());
    vec![
        Seen::ProcedureStarted { id, title, target: None, rungs: vec![], steps: vec!["one".into()] },
        Seen::StepBegan { id: "one".into(), say: say.into(), why: "Because of that.".into(), until, ask },
    ]
}

fn view(story: Vec<(Mac, Seen)>) -> (View, Profiles) {
    let (profiles, mut state) = (Profiles::built_in().0, State::default());
    for (n, (phone, seen)) in (1..).zip(story) {
        state.apply(&profiles, &Observation { n, at: Time::from_secs(n), phone: Some(phone), seen });
    }
    (View::of_state(&state, &profiles, Time::from_secs(60)), profiles)
}

fn of(phone: Mac, story: Vec<Seen>) -> Vec<(Mac, Seen)> {
    std::iter::once(cdp()).chain(story).map(|seen| (phone, seen)).collect()
}

fn drawn(view: &View, screen: &Screen, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view, screen)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(width));
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>() + "\n").collect()
}

/// Types keys; `\n` is Enter, `\x1b` is Esc. Answers with the last command.
fn typed(screen: &mut Screen, view: &View, profiles: &Profiles, keys: &str) -> Option<Command> {
    let mut command = None;
    for c in keys.chars() {
        let code = match c {
            '\n' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            '↓' => KeyCode::Down,
            c => KeyCode::Char(c),
        };
        command = screen.key(code.into(), view, profiles);
    }
    command
}

#[test]
fn an_approval_is_typed_and_enter_alone_is_none() {
    let ask = serde_json::json!({ "ask": "confirm-wipe", "confirm": false, "approval": true });
    let (view, profiles) = view(of(A, asked("It erases this phone. Say who approved it, and why.", ask)));
    let mut screen = Screen::default();
    assert!(drawn(&view, &screen, 80, 24).contains("Enter approve"));
    assert_eq!(typed(&mut screen, &view, &profiles, "\n"), None);
    assert!(drawn(&view, &screen, 80, 24).contains("Who approves it"));
    assert_eq!(typed(&mut screen, &view, &profiles, "Mr Quick\n"), None, "q is a letter here");
    let approve = Command::Approve { phone: A, who: "Mr Quick".into(), why: "returned".into() };
    assert_eq!(typed(&mut screen, &view, &profiles, "returned\n"), Some(approve));
    assert!(!drawn(&view, &screen, 80, 24).contains("Who approves it"));
}

#[test]
fn a_name_that_is_not_here_is_given_a_file_of_the_shelf() {
    let from = std::net::Ipv4Addr::new(10, 0, 0, 20);
    let name = "odd.rom".to_owned();
    let story = vec![
        Seen::FileAsked { via: bench::observe::Via::Tftp, name: name.clone(), from, user_agent: None },
        Seen::FileRefused { name: name.clone(), code: "RB210".into(), why: "not here".into() },
    ];
    let (mut view, profiles) = view(of(A, story));
    view.files = std::sync::Arc::new(vec!["T46G.rom".into(), "T48G.rom".into()]);
    let mut screen = Screen::default();
    assert!(drawn(&view, &screen, 80, 24).contains("n give a name a file"));
    assert_eq!(typed(&mut screen, &view, &profiles, "n\n"), None);
    let map = Command::Map { phone: A, asked: name, file: "T48G.rom".into() };
    assert_eq!(typed(&mut screen, &view, &profiles, "↓\n"), Some(map));
}

#[test]
fn what_cannot_be_taken_back_is_asked_for_twice() {
    let ask = serde_json::json!({ "ask": "power-cycle", "confirm": true });
    let (view, profiles) = view(of(A, asked("Unplug the phone. Plug it in again.", ask)));
    let mut screen = Screen::default();
    for key in ["x", "q"] {
        assert_eq!(typed(&mut screen, &view, &profiles, key), None);
        assert_eq!(typed(&mut screen, &view, &profiles, "\x1b"), None, "no");
    }
    assert_eq!(typed(&mut screen, &view, &profiles, "xx"), Some(Command::Abort { phone: A }));
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(screen.key(control_c, &view, &profiles), None);
    assert_eq!(screen.key(control_c, &view, &profiles), Some(Command::Stop));
    screen = Screen::default();
    assert_eq!(typed(&mut screen, &view, &profiles, "\n"), Some(Command::Confirm { phone: A }));
}

#[test]
fn a_chosen_phone_stays_chosen_when_another_comes_before_it() {
    let (first, profiles) = view(of(B, vec![]));
    let mut screen = Screen::default();
    assert_eq!(typed(&mut screen, &first, &profiles, "↓"), None);
    let both = of(A, vec![]).into_iter().chain(of(B, vec![])).collect();
    assert_eq!(screen.phone(&view(both).0).map(|p| p.mac), Some(B));
    // Without a choice it is the one that needs somebody.
    let ask = serde_json::json!({ "ask": "power-cycle", "confirm": true });
    let both = of(A, vec![]).into_iter().chain(of(B, asked("Unplug it.", ask))).collect();
    assert_eq!(Screen::default().phone(&view(both).0).map(|p| p.mac), Some(B));
}

#[test]
fn what_to_do_is_whole_on_a_small_terminal() {
    let ask = serde_json::json!({
        "ask": "hold-key-while-powering", "hold": "#", "keys": "123456789*0#", "confirm": true, "window_s": 60,
        "ready": "The line lamps flash amber one after the other.", "accepted": "The screen shows Upgrading.",
    });
    let say = "Unplug the phone. Hold #. Plug the phone in and keep holding. Release # when the line lamps flash \
               one after the other. Type 123456789*0# within 60 seconds.";
    let (view, _) = view(of(A, asked(say, ask)));
    for (width, height) in [(80, 24), (120, 40)] {
        let screen = drawn(&view, &Screen::default(), width, height);
        for words in [
            "YOUR TURN",
            "1. Unplug",
            "5. Type",
            "1 2 3 4 5 6 7 8 9 * 0 #",
            "19:00 left",
            "Press Enter when",
            "Enter done",
        ] {
            assert!(screen.contains(words), "{words}: {screen}");
        }
    }
    // Far too small a window is no reason to fall.
    for (width, height) in [(20, 5), (1, 1), (80, 3)] {
        drawn(&view, &Screen::default(), width, height);
    }
}
