//! A line that a technician types on the plain screen: what it wants, or why not.

use bench::Command;
use bench::procedure::fit::Fit;
use bench::view::{Offer, PhoneView, View, offers};
use profile::Profiles;
use profile::keys::Wipes;
use proto::Mac;

use super::screen::asks_approval;
use crate::sentence::erases;

/// What can be typed, for whoever types something else.
pub(crate) const HELP: &str = "Type: done [MAC] · start PROCEDURE [MAC] [erase] · stop [MAC] · approve [MAC] WHO because WHY · map [MAC] NAME FILE · allow MAC · list · quit";

const APPROVE: &str = "Say who approves it, and why. Type: approve WHO because WHY";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// Something for the bench.
    Command(Command),
    /// Words for the technician.
    Say(String),
}

/// Reads a line. Without a MAC it is about the only phone that it can be about.
pub(crate) fn read(line: &str, view: &View, profiles: &Profiles) -> Typed {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mac = words.iter().find_map(|w| w.parse::<Mac>().ok());
    let rest: Vec<&str> = words.iter().skip(1).filter(|w| w.parse::<Mac>().is_err()).copied().collect();
    let result = match words.first().copied().unwrap_or("done") {
        "done" | "ok" | "yes" => match only(view, mac, PhoneView::waits_for_person, "waits for you") {
            Ok(phone) if asks_approval(phone) => Err(APPROVE.to_owned()),
            waits => waits.map(|p| Command::Confirm { phone: p.mac }),
        },
        "start" => start(view, profiles, mac, &rest),
        "stop" | "abort" => only(view, mac, runs, "has a procedure").map(|p| Command::Abort { phone: p.mac }),
        "allow" => mac.map(|phone| Command::Allow { phone }).ok_or_else(|| "Type: allow MAC".to_owned()),
        "approve" => approve(view, mac, &rest),
        "map" => map(view, mac, &rest),
        "quit" | "q" => Ok(Command::Stop),
        "list" => return Typed::Say(list(view, profiles)),
        _ => Err(HELP.to_owned()),
    };
    result.map_or_else(Typed::Say, Typed::Command)
}

fn runs(phone: &PhoneView) -> bool {
    phone.procedure.as_ref().is_some_and(|p| p.ended.is_none())
}

fn only<'v>(
    view: &'v View,
    mac: Option<Mac>,
    fits: impl Fn(&PhoneView) -> bool,
    what: &str,
) -> Result<&'v PhoneView, String> {
    let mut fitting = view.phones.iter().map(AsRef::as_ref).filter(|p| mac.is_none_or(|m| p.mac == m) && fits(p));
    match (fitting.next(), fitting.next()) {
        (Some(phone), None) => Ok(phone),
        (None, _) => Err(match mac {
            Some(mac) => format!("{mac}: it is not here, or it is not one that {what}."),
            None => format!("No phone {what}."),
        }),
        (Some(_), Some(_)) => Err(format!("More than one phone {what}: type its MAC too.")),
    }
}

fn start(view: &View, profiles: &Profiles, mac: Option<Mac>, rest: &[&str]) -> Result<Command, String> {
    let phone = only(view, mac, |p| p.here && !runs(p), "is here without a procedure")?;
    let offers = offers(profiles, phone);
    let agreed = rest.contains(&"erase");
    let Some(id) = rest.iter().find(|w| **w != "erase") else {
        return Ok(Command::Start { phone: phone.mac, procedure: None, to: None });
    };
    match offers.iter().find(|o| o.id == **id) {
        Some(Offer { fit: Fit::Not { code, why }, .. }) => Err(format!("{id} is not for this phone: {why} ({code}).")),
        Some(offer) if offer.wipes != Wipes::Nothing && !agreed => {
            let what = if offer.wipes == Wipes::Settings { "all settings" } else { "everything" };
            Err(format!("{id} erases {what}. If that may be, type: start {id} {} erase", phone.mac))
        }
        Some(offer) => Ok(Command::Start { phone: phone.mac, procedure: Some(offer.id.clone()), to: None }),
        None => Err(format!("{} has no procedure `{}`. Type: list", phone.mac, proto::text::escape(id.as_bytes()))),
    }
}

fn approve(view: &View, mac: Option<Mac>, rest: &[&str]) -> Result<Command, String> {
    let phone = only(view, mac, asks_approval, "waits for an approval")?;
    let text = rest.join(" ");
    match text.split_once(" because ").map(|(who, why)| (who.trim(), why.trim())) {
        Some((who, why)) if !who.is_empty() && !why.is_empty() => {
            Ok(Command::Approve { phone: phone.mac, who: who.to_owned(), why: why.to_owned() })
        }
        _ => Err(APPROVE.to_owned()),
    }
}

fn map(view: &View, mac: Option<Mac>, rest: &[&str]) -> Result<Command, String> {
    let phone = only(view, mac, |p| p.here, "is here")?;
    let [asked, file] = rest else {
        return Err("Type: map NAME FILE – the name as the phone asks for it, and the file on the shelf".to_owned());
    };
    match view.files.iter().find(|f| f.eq_ignore_ascii_case(file)) {
        Some(file) => Ok(Command::Map { phone: phone.mac, asked: (*asked).to_owned(), file: file.clone() }),
        None => Err(format!("The shelf has no sound file `{}`.", proto::text::escape(file.as_bytes()))),
    }
}

fn list(view: &View, profiles: &Profiles) -> String {
    let mut out = String::new();
    for phone in &view.phones {
        out.push_str(&format!("{}  {} ({}): {}\n", phone.mac, phone.who, phone.state.words(), phone.doing));
        for offer in offers(profiles, phone) {
            let erases = match offer.wipes {
                Wipes::Nothing => String::new(),
                wipes => format!(", {}", erases(wipes)),
            };
            let cures =
                if offer.cures.is_empty() { String::new() } else { format!(", cures {}", offer.cures.join(", ")) };
            let not = offer.fit.why().map_or_else(String::new, |why| format!(" – {why}"));
            out.push_str(&format!("    {}  {}{cures}{erases}{not}\n", offer.id, offer.title));
        }
    }
    if out.is_empty() {
        out.push_str("No phone is here yet.\n");
    }
    out.push_str(HELP);
    out
}

#[cfg(test)]
mod tests {
    use bench::{Observation, Seen, State};
    use proto::Time;

    use super::*;

    fn view_of(macs: &[&str]) -> (View, Profiles) {
        let profiles = Profiles::built_in().0;
        let mut state = State::default();
        for (n, mac) in (1..).zip(macs) {
            let seen = Seen::Cdp {
                device_id: String::new(),
                platform: "Cisco IP Phone 7965".into(),
                version: "SCCP45.9-4-2SR1-1S".into(),
                port: String::new(),
            };
            let phone = mac.parse().ok();
            state.apply(&profiles, &Observation { n, at: Time::from_secs(n), phone, seen });
        }
        (View::of_state(&state, &profiles, Time::from_secs(9)), profiles)
    }

    fn said(typed: &Typed) -> &str {
        match typed {
            Typed::Say(words) => words,
            Typed::Command(_) => "",
        }
    }

    #[test]
    fn what_erases_must_be_agreed_to_in_the_same_line() {
        let (view, profiles) = view_of(&["00:11:bb:00:00:01"]);
        let refused = read("start full-wipe", &view, &profiles);
        assert!(said(&refused).contains("start full-wipe 00:11:bb:00:00:01 erase"), "{refused:?}");
        let phone = Mac([0, 0x11, 0xbb, 0, 0, 1]);
        let command = Command::Start { phone, procedure: Some("full-wipe".into()), to: None };
        assert_eq!(read("start full-wipe erase", &view, &profiles), Typed::Command(command));
        assert!(said(&read("start nonsense", &view, &profiles)).contains("no procedure"));
        assert!(said(&read("list", &view, &profiles)).contains("erases everything"));
    }

    #[test]
    fn a_name_is_given_a_file_that_is_there_and_approval_needs_somebody_who_asks() {
        let (mut view, profiles) = view_of(&["00:11:bb:00:00:01"]);
        view.files = std::sync::Arc::new(vec!["T46G.rom".to_owned()]);
        let phone = Mac([0, 0x11, 0xbb, 0, 0, 1]);
        let map = Command::Map { phone, asked: "x.rom".into(), file: "T46G.rom".into() };
        assert_eq!(read("map x.rom t46g.ROM", &view, &profiles), Typed::Command(map));
        assert!(said(&read("map x.rom y.rom", &view, &profiles)).contains("no sound file"));
        assert!(said(&read("map x.rom", &view, &profiles)).contains("map NAME FILE"));
        assert!(said(&read("approve Mr Jones because returned", &view, &profiles)).contains("No phone waits"));
    }

    #[test]
    fn who_is_meant_must_be_clear() {
        let (view, profiles) = view_of(&["00:11:bb:00:00:01", "00:11:bb:00:00:02"]);
        assert!(said(&read("", &view, &profiles)).contains("No phone waits"));
        assert!(said(&read("start", &view, &profiles)).contains("More than one"));
        let phone = Mac([0, 0x11, 0xbb, 0, 0, 9]);
        assert_eq!(read("allow 0011BB000009", &view, &profiles), Typed::Command(Command::Allow { phone }));
        assert_eq!(said(&read("sing", &view, &profiles)), HELP);
    }
}
