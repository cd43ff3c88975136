//! What one phone sees: *generated for it ▸ pinned by its procedure ▸ its family's shelf*.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use profile::procedure::{Ask, Needs};
use profile::{Profiles, Role, StepKind};
use proto::Mac;
use proto::tftp::name::{Name, normalise};

use super::answer::{Answer, Content, Refusal};
use super::ladder;
use crate::config::Config;
use crate::observe::{Layer, PinnedFile};
use crate::session::Session;
use crate::shelf::Shelf;

/// What a procedure has laid out for one phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Laid {
    /// The load that is pinned, with its files.
    pub pinned: Option<(String, Vec<PinnedFile>)>,
    /// The load that the phone is to run at the end.
    pub target: Option<String>,
    /// Whether configuration is made from the family's templates.
    pub config: bool,
    /// Files that are there and empty.
    pub empty: Vec<profile::Pattern>,
}

/// Everything that the answer to a request depends on.
pub struct Sight<'a> {
    /// What is known about phones.
    pub profiles: &'a Profiles,
    /// What is on the shelf.
    pub shelf: &'a Shelf,
    /// The bench's address.
    pub server: Ipv4Addr,
    /// Whether phones may be sent to the bench's HTTP.
    pub http: bool,
    /// Wall clock at time zero, milliseconds since 1970 (UTC).
    pub wall_ms: u64,
    /// Length of the network prefix, bits.
    pub prefix: u8,
    /// The address to type on the phone where DHCP is not spoken.
    pub typed: Option<Ipv4Addr>,
    /// Files given for names that phones ask for: (as asked for, on the shelf).
    pub map: &'a [(String, String)],
    /// Whether the served folder is seen.
    pub folder: bool,
    /// Whether neutral files are made for phones that have no procedure.
    pub neutral: bool,
    /// The phone, if it is known which one asks.
    pub session: Option<&'a Session>,
    /// What its procedure has laid out.
    pub laid: Option<&'a Laid>,
}

/// The answer to a request for `raw`, the name's bytes as they came.
pub fn answer(sight: &Sight<'_>, raw: &[u8]) -> Answer {
    let name = match normalise(raw) {
        Ok(name) => name,
        Err(bad) => return Answer::Refuse(Refusal::BadName(bad.to_string())),
    };
    if let Some(found) = generated(sight, &name).or_else(|| pinned(sight, &name)).or_else(|| mapped(sight, &name)) {
        return found;
    }
    if sight.folder {
        return match sight.shelf.in_folder(name.key()) {
            Some(file) => Answer::Serve {
                layer: Layer::Folder,
                content: Content::Folder { path: file.path.clone(), size: file.size },
            },
            None => Answer::Refuse(Refusal::NotFound),
        };
    }
    shelf(sight, &name)
}

/// An address of the bench's network to type on a phone: the one of this rank behind the pool.
pub fn typed(config: &Config, rank: u32) -> Option<Ipv4Addr> {
    let (_, last) = config.pool.unwrap_or((config.server, config.server));
    let host = u32::MAX.checked_shr(u32::from(config.prefix)).filter(|h| *h > 2)?;
    let broadcast = u32::from(config.server) | host;
    let room = broadcast.saturating_sub(1).checked_sub(u32::from(last)).filter(|r| *r > 0)?;
    Some(Ipv4Addr::from(u32::from(last) + 1 + rank % room))
}

/// What a person has to do for a rescue by this procedure, one text for each thing: a phone whose boot loader
/// waits says nothing, so it is told before any is seen.
pub fn rescue_words(profiles: &Profiles, config: &Config, procedure: &str) -> Vec<String> {
    let mask = u32::MAX.checked_shl(32 - u32::from(config.prefix.min(32))).unwrap_or(0);
    let mut values =
        BTreeMap::from([("server", config.server.to_string()), ("type_mask", Ipv4Addr::from(mask).to_string())]);
    values.extend(typed(config, 0).map(|address| ("type_phone", address.to_string())));
    let procedures = profiles.families().filter_map(|f| f.procedure(procedure));
    let rescues = procedures.filter(|p| p.needs == Needs::Rescue).flat_map(|p| &p.steps);
    let asks = rescues.filter(|s| matches!(s.kind, StepKind::Ask { ask, .. } if ask != Ask::ConfirmWipe));
    asks.map(|s| profile::template::fill(&s.say, &values).unwrap_or_else(|_| s.say.clone())).collect()
}

/// Where phones are sent that take a URL.
pub fn url(sight: &Sight<'_>) -> String {
    let scheme = if sight.http { "http" } else { "tftp" };
    format!("{scheme}://{}/", sight.server)
}

/// The names that texts and templates may use for one phone.
pub fn values(sight: &Sight<'_>, mac: Option<Mac>) -> BTreeMap<&'static str, String> {
    let mut values = BTreeMap::from([("server", sight.server.to_string())]);
    if let Some(mac) = mac {
        values.insert("mac", mac.bare_upper());
        values.insert("mac_lower", mac.bare_upper().to_ascii_lowercase());
    }
    values.insert("url", url(sight));
    let mask = u32::MAX.checked_shl(32 - u32::from(sight.prefix.min(32))).unwrap_or(0);
    values.insert("type_mask", Ipv4Addr::from(mask).to_string());
    if let Some(typed) = sight.typed {
        values.insert("type_phone", typed.to_string());
    }
    let session = sight.session;
    // Never the same in two runs, nor in two starts of a phone: phones that compare files take it each time.
    values.insert("stamp", format!("{}-{}", sight.wall_ms, session.map_or(0, |s| s.boots)));
    if let Some(runs) = session.and_then(|s| s.load.as_ref()) {
        let scheme = session.and_then(|s| s.family(sight.profiles)).map(|f| f.version_scheme.as_str());
        if let Some(release) = scheme.and_then(|s| super::release::release(s, &runs.name)) {
            values.insert("release", release.to_string());
        }
        values.insert("runs", runs.name.clone());
    }
    if let Some(model) = sight.session.and_then(|s| s.model(sight.profiles)) {
        values.insert("model", model.name.clone());
        if let Some(number) = model.device_type {
            values.insert("device_type", number.to_string());
        }
    }
    if let Some(session) = sight.session {
        if let Some((protocol, _)) = &session.protocol {
            values.insert("protocol", protocol.clone());
        }
        let runs = session.load.as_ref().and_then(|l| ladder::named(session.family(sight.profiles)?, &l.name));
        if let Some(runs) = runs {
            values.insert("runs_major", runs.version.major().to_string());
        }
        if let Some(state) = &session.state {
            values.insert("state", state.clone());
        }
    }
    if let Some(laid) = sight.laid {
        if laid.config {
            values.insert("laid", "yes".to_owned());
        }
        if let Some((load, files)) = &laid.pinned {
            values.insert("load", load.clone());
            if let Some(named) = sight.session.and_then(|s| ladder::named(s.family(sight.profiles)?, load)) {
                values.insert("load_protocol", named.protocol);
            }
            // A pack of two parts: its loader goes before it.
            let loader = files.iter().skip(1).find_map(|f| f.name.strip_suffix(".sbn"));
            if let Some(loader) = loader.filter(|_| files.iter().any(|f| f.name.ends_with(".sb2"))) {
                values.insert("loader", loader.to_owned());
            }
        }
        if let Some(target) = &laid.target {
            values.insert("target", target.clone());
        }
    }
    values
}

fn generated(sight: &Sight<'_>, name: &Name) -> Option<Answer> {
    if sight.laid.is_some_and(|l| l.empty.iter().any(|p| p.matches(name.key()).is_some())) {
        return Some(Answer::Serve { layer: Layer::Generated, content: Content::Bytes(Arc::from([])) });
    }
    let session = sight.session?;
    let family = session.family(sight.profiles)?;
    // An old provider's address may hold folders; what the phone wants is the file.
    let last = name.last().to_ascii_lowercase();
    let (file, captures) = family.boot_file(name.key()).or_else(|| family.boot_file(&last))?;
    if !(sight.laid.is_some_and(|l| l.config) || (sight.neutral && file.neutral)) {
        return None;
    }
    let template = family.templates.get(file.template.as_ref()?)?;
    // A file with another phone's MAC in its name is not this phone's to have.
    let asked_for = captures.get("mac").and_then(|m| m.parse::<Mac>().ok());
    if asked_for.is_some_and(|m| m != session.mac) {
        return None;
    }
    let text = template.render(&values(sight, Some(session.mac))).ok()?;
    Some(Answer::Serve { layer: Layer::Generated, content: Content::Bytes(Arc::from(text.into_bytes())) })
}

/// What a person said that this name means.
fn mapped(sight: &Sight<'_>, name: &Name) -> Option<Answer> {
    let last = name.last();
    if let Some((file, sha256)) = sight.session.and_then(|s| s.mapped.get(&last.to_ascii_lowercase())) {
        return sight.shelf.exact(file, sha256).map(|blob| serve(Layer::Mapped, blob));
    }
    let (_, file) = sight.map.iter().find(|(asked, _)| asked.eq_ignore_ascii_case(last))?;
    sight.shelf.blob(file).map(|blob| serve(Layer::Mapped, blob))
}

fn pinned(sight: &Sight<'_>, name: &Name) -> Option<Answer> {
    let (_, files) = sight.laid?.pinned.as_ref()?;
    let asked = firmware_name(sight, name);
    let asked = asked.as_deref().unwrap_or(name.key());
    let file = files.iter().find(|f| f.name.eq_ignore_ascii_case(asked))?;
    let blob = sight.shelf.exact(&file.name, &file.sha256)?;
    Some(serve(Layer::Pinned, blob))
}

/// The name of a model's firmware, when it is asked for under another of the model's names or in a folder: people
/// write both on pages, and `6757i` is a `57i`.
fn firmware_name(sight: &Sight<'_>, name: &Name) -> Option<String> {
    let session = sight.session?;
    let (family, model) = (session.family(sight.profiles)?, session.model(sight.profiles)?);
    let is_mine = |f: &&profile::SingleFile| f.models.is_empty() || f.models.contains(&model.name);
    let firmware = family.firmware.iter().find(is_mine)?.name.text();
    let (stem, end) = name.last().rsplit_once('.')?;
    let (_, own_end) = firmware.rsplit_once('.')?;
    let fits = name.last().eq_ignore_ascii_case(firmware) || end.eq_ignore_ascii_case(own_end) && model.is_named(stem);
    fits.then(|| firmware.to_owned())
}

fn shelf(sight: &Sight<'_>, name: &Name) -> Answer {
    if is_only_pinned(sight, name) {
        return Answer::Refuse(Refusal::NotFound);
    }
    if let Some(blob) = recovery_list(sight, name).as_ref().or_else(|| sight.shelf.blob(name.key())) {
        return serve(Layer::Family, blob);
    }
    // Phones that write any folder in front of a name mean the file.
    let family = sight.session.and_then(|s| s.family(sight.profiles)).filter(|f| f.any_folder);
    match family.and_then(|_| sight.shelf.blob(name.last())) {
        Some(blob) => serve(Layer::Family, blob),
        None => Answer::Refuse(Refusal::NotFound),
    }
}

/// Whether a phone would take whatever is here under this name, wanted or not.
fn is_only_pinned(sight: &Sight<'_>, name: &Name) -> bool {
    let last = name.last().to_ascii_lowercase();
    match sight.session.and_then(|s| s.family(sight.profiles)) {
        Some(family) => family.boot_file(&last).is_some_and(|(file, _)| file.only_pinned),
        None => sight.profiles.families().filter_map(|f| f.boot_file(&last)).any(|(file, _)| file.only_pinned),
    }
}

/// Recovery lists have the same name in every release; the one that this phone can take is chosen.
fn recovery_list(sight: &Sight<'_>, name: &Name) -> Option<crate::shelf::Blob> {
    let session = sight.session?;
    let family = session.family(sight.profiles)?;
    let (file, _) = family.boot_file(name.key())?;
    if file.role != Role::RecoveryLoadList {
        return None;
    }
    // A wiped phone may not have said its model; its recovery list names it.
    let by_list = family
        .models
        .iter()
        .find(|m| m.recovery_load_list.as_deref().is_some_and(|l| l.eq_ignore_ascii_case(name.key())));
    let model = session.model(sight.profiles).or(by_list)?;
    let load = ladder::recovery(family, model, sight.shelf, session.load.as_ref().map(|l| l.name.as_str())).ok()?;
    Some(load.list)
}

fn serve(layer: Layer, blob: &crate::shelf::Blob) -> Answer {
    Answer::Serve { layer, content: Content::Blob { sha256: blob.sha256.clone(), size: blob.size } }
}

#[cfg(test)]
mod rescue_tests {
    use super::*;

    #[test]
    fn what_to_type_is_known_before_any_phone_is_seen() {
        let mut config = Config::new(Ipv4Addr::new(10, 179, 40, 1), 24);
        config.pool = Some((Ipv4Addr::new(10, 179, 40, 20), Ipv4Addr::new(10, 179, 40, 219)));
        let (profiles, _) = Profiles::built_in();
        let words = rescue_words(&profiles, &config, "tftp-recovery").join(" ");
        for part in ["10.179.40.220", "255.255.255.0", "TFTP server 10.179.40.1", "Speaker"] {
            assert!(words.contains(part), "{part}: {words}");
        }
        assert!(rescue_words(&profiles, &config, "factory-reset").is_empty());
        assert_eq!(typed(&config, 35), Some(Ipv4Addr::new(10, 179, 40, 220)), "never the broadcast address");
    }
}
