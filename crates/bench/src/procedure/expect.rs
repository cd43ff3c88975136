//! Whether something that a step waits for was seen, and what showed it.

use profile::procedure::Expect;
use profile::{Profiles, Role};

use crate::observe::{LoginResult, PinnedFile, WebState};
use crate::plan::ladder;
use crate::session::{FileResult, Session};

/// What a step compares the session with.
pub struct Against<'a> {
    /// Families, for the roles of files.
    pub profiles: &'a Profiles,
    /// Number of the observation by which the step began.
    pub since: u64,
    /// Number of the observation by which the load was pinned.
    pub pinned_n: u64,
    /// The load at the procedure's end.
    pub target: Option<&'a str>,
    /// The protocol that the procedure leads to.
    pub to_protocol: Option<&'a str>,
}

/// What showed it, in words; `None` while it was not seen.
pub fn seen(expect: Expect, session: &Session, against: &Against<'_>) -> Option<String> {
    let since = against.since;
    let pinned = session.procedure.as_ref().and_then(|p| p.pinned.as_ref());
    match expect {
        Expect::PhoneSeen => (session.word_n >= since).then(|| "the phone is on the wire".to_owned()),
        Expect::Bound => session
            .bound
            .then(|| format!("it has the address {}", session.address.map_or_else(String::new, |a| a.to_string()))),
        Expect::ConfigAsked => {
            let role = [Role::Config, Role::BootList, Role::DefaultConfig]
                .into_iter()
                .find(|r| session.asked_since(since, *r))?;
            let file = session.files.iter().rev().find(|f| f.role == Some(role))?;
            Some(format!("it asked for {}", file.name))
        }
        Expect::LoadListAsked => {
            let (load, files) = pinned?;
            let list = files.first()?;
            let file = session.file_named(&list.name)?;
            (file.asked_n >= against.pinned_n).then(|| format!("it asked for the list of {load}"))
        }
        Expect::ImageAsked => {
            let (_, files) = pinned?;
            // A list stands before its images; a file alone is the image.
            let image = files
                .iter()
                .skip(usize::from(files.len() > 1))
                .find_map(|f| session.file_named(&f.name).filter(|n| n.asked_n >= against.pinned_n))?;
            Some(format!("it asked for {}", image.name))
        }
        Expect::LoadFetched => {
            let (load, files) = pinned?;
            let sent = session.web.ended.as_ref().filter(|e| e.2 >= against.pinned_n);
            if sent.is_some_and(|e| e.0 == crate::observe::WebOutcome::Uploaded) {
                return Some(format!("its page has taken {load}"));
            }
            let all = !files.is_empty() && files.iter().all(|f| session.fetched_since(against.pinned_n, &f.name));
            all.then(|| format!("it has fetched all {} files of {load}", files.len()))
        }
        Expect::Reboot => (session.boots > 0 && session.boot.0 >= since).then(|| "it started again".to_owned()),
        Expect::InRecovery => {
            let (state, _, boot) = session.web.state?;
            (state == WebState::Recovery && boot == session.boots).then(|| "its recovery page answers".to_owned())
        }
        Expect::PasswordIsDefault => {
            let (let_in, n) = session.web.let_in?;
            (let_in && n >= session.boot.0).then(|| "it lets us in with the maker's password".to_owned())
        }
        Expect::RunsPinned => {
            let (load, files) = pinned?;
            runs(session, load, against.pinned_n).or_else(|| runs_from(session, load, files, against))
        }
        Expect::RunsTarget => runs(session, against.target?, 0),
        Expect::RescueAsked => {
            let file =
                session.files.iter().rev().find(|f| f.asked_n >= since && is_rescue(&f.name, session, against))?;
            Some(format!("its boot loader asked for {}", file.name))
        }
        Expect::InRescue => {
            // One that goes on to its configuration has started as usual.
            let last = session.files_this_boot().rev().find(|f| f.role.is_some() && f.asked_n > 0)?;
            is_rescue(&last.name, session, against).then(|| format!("its boot loader asks for {}", last.name))
        }
        Expect::RescueFetched => {
            let patterns = rescue(session, against)?;
            let done = |p: &profile::Pattern| {
                session.files.iter().any(|f| f.done_n >= since.max(1) && p.matches(last(&f.name)).is_some())
            };
            let all = !patterns.is_empty() && patterns.iter().all(done);
            all.then(|| format!("its boot loader has fetched all {} files", patterns.len()))
        }
        Expect::LoggedIn => {
            let (_, _, what) = session.login.as_ref().filter(|l| l.0 >= since && l.1 == LoginResult::In)?;
            Some(format!("its web page took name and password: {what}"))
        }
        Expect::TlsRefused => {
            let (_, host, why) = session.tls.as_ref().filter(|t| t.0 >= session.boot.0)?;
            let host = host.as_ref().map_or_else(|| "the bench".to_owned(), |h| format!("{h}, which it wanted,"));
            Some(format!("it does not trust {host} by TLS: {why}"))
        }
        Expect::IsRegistered => {
            let registered = session.registered.as_ref()?;
            Some(format!("it is registered by {} as {}", registered.protocol.to_uppercase(), registered.name))
        }
        Expect::HostAsked => {
            let by_tls = session.tls.as_ref().filter(|t| t.0 >= session.boot.0).and_then(|t| t.1.clone());
            let by_name = || session.names.iter().rev().find(|n| n.boot == session.boots).map(|n| n.name.clone());
            Some(format!("it calls {}", by_tls.or_else(by_name)?))
        }
        Expect::RecoveryAsked => {
            let file =
                session.files.iter().rev().find(|f| f.role == Some(Role::RecoveryLoadList) && f.asked_n >= since)?;
            Some(format!("it asked for {}", file.name))
        }
        Expect::Registered => {
            let registered = session.registered.as_ref().filter(|r| r.n >= since)?;
            let software = registered.software.as_ref().map_or_else(String::new, |s| format!(" ({s})"));
            Some(format!("it registered by {} as {}{software}", registered.protocol.to_uppercase(), registered.name))
        }
        Expect::LoadCurrent => current(session, against.pinned_n),
        Expect::ConfigFetched => {
            let roles = [Role::Config, Role::DefaultConfig];
            let file = session
                .files
                .iter()
                .rev()
                .find(|f| f.role.is_some_and(|r| roles.contains(&r)) && f.done_n >= since.max(1))?;
            Some(format!("it has fetched {}", file.name))
        }
        Expect::SpeaksTarget => {
            let (protocol, n) = session.protocol.as_ref()?;
            let wanted = Some(protocol.as_str()) == against.to_protocol;
            (wanted && *n >= against.pinned_n).then(|| format!("it speaks {}", protocol.to_uppercase()))
        }
    }
}

/// The patterns of the model's rescue; those of any model while it is not known.
fn rescue<'p>(session: &Session, against: &Against<'p>) -> Option<&'p [profile::Pattern]> {
    let family = session.family(against.profiles)?;
    let model = session.identified.model.as_deref().unwrap_or_default();
    family.rescue(model).map(|r| r.files.as_slice())
}

/// Whether this is a file of the phone's rescue.
fn is_rescue(name: &str, session: &Session, against: &Against<'_>) -> bool {
    rescue(session, against).is_some_and(|all| all.iter().any(|p| p.matches(last(name)).is_some()))
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A phone that has started since the load was laid out, looks at that load's list and at none of its files, and
/// goes on to something else, has what the list names.
fn current(session: &Session, pinned_n: u64) -> Option<String> {
    let (load, files) = session.procedure.as_ref().and_then(|p| p.pinned.as_ref())?;
    let list = session.file_named(&files.first()?.name).filter(|f| f.boot == session.boots)?;
    let started = session.boots > 0 && session.boot.0 >= pinned_n;
    let is_image = |name: &str| files.iter().skip(1).any(|f| crate::session::same_name(&f.name, name));
    let fetches = session.files_this_boot().any(|f| is_image(&f.name));
    let went_on = session.files_this_boot().any(|f| f.asked_n > list.asked_n)
        || session.registered.as_ref().is_some_and(|r| r.n > list.asked_n);
    (started && list.result == FileResult::Done && !fetches && went_on)
        .then(|| format!("it started, read the list of {load} and fetched none of its files: it has them"))
}

/// Whether the phone runs this load, said by itself since observation `n`. A phone that no longer asks for
/// a load which its configuration names runs it too, but that is only as good as the configuration.
pub fn runs(session: &Session, load: &str, n: u64) -> Option<String> {
    let running = session.load.as_ref().filter(|r| r.n >= n && same_load(&r.name, load))?;
    Some(format!("it says so by {}: {}", running.how, running.name))
}

/// As [`runs`], for a load that was pinned by a list without a load's name, such as a recovery list: the
/// phone names the load that it made of the list's files, and only the release can be compared.
fn runs_from(session: &Session, load: &str, files: &[PinnedFile], against: &Against<'_>) -> Option<String> {
    let family = session.family(against.profiles)?;
    if ladder::named(family, load).is_some() {
        return None;
    }
    let running = session.load.as_ref().filter(|r| r.n >= against.pinned_n)?;
    let names = files.iter().map(|f| f.name.as_str());
    ladder::known::may_come_from(family, &running.name, names)
        .then(|| format!("it says so by {}: {}, of the release that {load} lists", running.how, running.name))
}

/// Load names compare without regard to case and to a trailing `.loads`.
pub fn same_load(a: &str, b: &str) -> bool {
    let bare = |s: &str| s.strip_suffix(".loads").unwrap_or(s).to_ascii_lowercase();
    bare(a) == bare(b)
}

/// The files of the pinned load that were asked for and did not arrive, for the words of a way out.
pub fn lacking(session: &Session) -> Vec<String> {
    let Some((_, files)) = session.procedure.as_ref().and_then(|p| p.pinned.as_ref()) else { return Vec::new() };
    let unfinished =
        files.iter().filter(|f| session.file_named(&f.name).is_none_or(|n| !matches!(n.result, FileResult::Done)));
    unfinished.map(|f| f.name.clone()).collect()
}
