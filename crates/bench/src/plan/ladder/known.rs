//! The loads on the shelf as a family knows them: for which models, in which protocol, what version.

use profile::{Family, Model};

use super::Named;
use crate::plan::version::{Version, version};
use crate::shelf::{Blob, BlobKind, Fault, Load, Missing, Shelf};

/// A load on the shelf that a family knows by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The load; its name is that by which the phone itself knows it.
    pub load: Load,
    /// Protocol, image family and version.
    pub named: Named,
    /// What must be known before it is used.
    pub cautions: Vec<Fault>,
}

/// Takes a load's name apart; `None` when the family has no such loads.
pub fn named(family: &Family, load: &str) -> Option<Named> {
    family.loads.iter().find_map(|naming| {
        let captures = naming.name.matches(load)?;
        Some(Named {
            protocol: naming.protocol.clone(),
            images: captures.get("nn").map(str::to_owned),
            version: version(family, load)?,
        })
    })
}

/// Every load on the shelf that this model runs, complete or not.
pub fn known(family: &Family, model: &Model, shelf: &Shelf) -> Vec<Known> {
    let listed = shelf.loads().filter_map(|load| {
        let named = named(family, &load.name).filter(|n| n.images == model.images)?;
        let cautions = load.cautions();
        let mut load = load;
        load.list.faults.extend(of_another_phone(&load, named.images.as_deref()));
        Some(Known { load, named, cautions })
    });
    let whole = shelf.blobs().filter_map(|blob| single(family, model, blob));
    listed.chain(whole).collect()
}

/// The load of this name for this model.
pub fn load(family: &Family, model: Option<&Model>, shelf: &Shelf, name: &str) -> Option<Load> {
    shelf.load(name).or_else(|| {
        let whole = shelf.blobs().filter_map(|blob| single(family, model?, blob));
        whole.map(|k| k.load).find(|l| l.name.eq_ignore_ascii_case(name))
    })
}

/// A file that is a load by itself, if it is one of this model's.
fn single(family: &Family, model: &Model, blob: &Blob) -> Option<Known> {
    let (told, device) = match &blob.kind {
        BlobKind::Firmware(firmware) => (firmware.version.clone(), firmware.device.is_some()),
        _ => return None,
    };
    let plain = blob.plain_name();
    let names = [Some(blob.name.as_str()), plain.as_deref()];
    let (entry, captures) = family.firmware.iter().find_map(|entry| {
        let is_for = entry.models.is_empty() || entry.models.contains(&model.name);
        let captures = names.iter().flatten().find_map(|n| entry.name.matches(n)).filter(|_| is_for)?;
        Some((entry, captures))
    })?;
    let text = told.or_else(|| captures.get("version").map(str::to_owned))?;
    let version = version(family, &text)?;
    let naming = family.loads.iter().find(|l| l.list.is_none())?;
    let name = naming.name.fill(|part| match part {
        "nn" => model.images.clone(),
        "version" => version.spelled(naming.spelling),
        "model" => Some(model.name.clone()),
        _ => None,
    })?;
    let mut list = blob.clone();
    let below = entry.min_size.filter(|min| blob.size < *min);
    let above = entry.max_size.filter(|max| blob.size > *max);
    if let Some(bound) = below.or(above) {
        let than = if below.is_some() { "at least" } else { "at most" };
        let what = format!("{} has {} bytes, where such files have {than} {bound}", blob.name, blob.size);
        list.faults.push(Fault::new("RB246", what));
    }
    let mut cautions = blob.cautions.clone();
    if let BlobKind::Firmware(firmware) = &blob.kind
        && !device
    {
        let what = format!("{} is {text}: {}, because {}", blob.name, firmware.grade, firmware.because.join("; "));
        cautions.push(Fault::new("RB247", what));
    }
    let named = Named { protocol: naming.protocol.clone(), images: model.images.clone(), version };
    Some(Known { load: Load { name, list, files: Vec::new(), missing: Vec::new() }, named, cautions })
}

/// A list that names files of another image family: it was put together by hand, or is damaged.
fn of_another_phone(load: &Load, images: Option<&str>) -> Option<Fault> {
    let BlobKind::LoadList { files, .. } = &load.list.kind else { return None };
    let number = |name: &str| {
        let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
        let digits: String = name.chars().skip(letters).take_while(char::is_ascii_digit).collect();
        Some(digits).filter(|d| d.len() == 2)
    };
    let wrong = files.iter().find(|f| images.is_some_and(|nn| number(f).is_some_and(|n| n != nn)))?;
    Some(Fault::new("RB237", format!("{} names {wrong}, a file for other phones", load.list.name)))
}

/// What a load lacks, its own list's faults first.
pub fn lacks(load: &Load) -> Vec<Missing> {
    let faults = load.list.faults.iter().map(|f| Missing { name: load.list.name.clone(), why: f.to_string() });
    faults.chain(load.missing.iter().cloned()).collect()
}

/// The version that a list's files have, when the list has no load's name: a recovery list.
pub fn build_of(family: &Family, load: &Load) -> Option<Version> {
    let release = match &load.list.kind {
        BlobKind::LoadList { release: Some(release), .. } => version(family, release),
        _ => None,
    };
    release.or_else(|| load.files.first().and_then(|f| version(family, &f.name)))
}

/// Whether a phone that says it runs `running` may have got it from these files: a recovery list has no
/// load's name, and the phone names the load. Image family, protocol and release have to agree.
pub fn may_come_from<'a>(family: &Family, running: &str, files: impl Iterator<Item = &'a str> + Clone) -> bool {
    let Some(said) = named(family, running) else { return false };
    let mut images = files.filter(|f| !f.to_ascii_lowercase().ends_with(".loads")).peekable();
    if images.peek().is_none() {
        return false;
    }
    let is_of_family =
        |name: &str| said.images.as_ref().is_none_or(|nn| name.split('.').next().is_some_and(|f| f.contains(nn)));
    let speaks = images.clone().any(|name| name.to_ascii_lowercase().contains(&said.protocol));
    let all_fit =
        images.all(|name| is_of_family(name) && version(family, name).is_some_and(|build| build.builds(&said.version)));
    speaks && all_fit
}
