//! What a firmware file is, and what speaks against it, from its bytes alone.
//!
//! | file | what |
//! | --- | --- |
//! | [`cisco`] | the formats of the 79xx series |
//! | [`yealink`] | the header of a `.rom` |
//! | [`aastra`] | texts in a `.st`, whose format is not known |
//! | [`zip`] | where an archive ends, and its two headers of one file |
//! | [`version`] | load versions of the 79xx series, that can be compared |
//! | [`dotted`] | versions of four numbers |
//!
//! A file without a doubt may still be wrong: signatures are not checked, compressed contents not
//! looked into, and the images of some phones do not say how long they are.

pub mod aastra;
pub mod cisco;
pub mod dotted;
mod doubt;
pub mod version;
pub mod yealink;
pub mod zip;

pub use dotted::DottedVersion;
pub use doubt::Doubt;
pub use version::CiscoVersion;

use cisco::{Archive, Image, Loads, SignedHeader, archive, gen_a, header, loads};

/// What a file is and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What it is.
    pub content: Content,
    /// What speaks against it; the gravest first is not promised.
    pub doubts: Vec<Doubt>,
}

/// What a file is, going by its bytes and not by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// No bytes.
    Empty,
    /// A file with the signed header of the 79xx series.
    Signed {
        /// Its header.
        header: Box<SignedHeader>,
        /// What is behind it.
        body: Body,
    },
    /// Begins like a signed file, but the header can not be read.
    SignedUnreadable(header::Malformed),
    /// An unsigned image of a 7940 or 7960, a `.bin`.
    Image(Image),
    /// A list of files without the signed header that belongs in front of it.
    UnsignedList(Loads),
    /// A compressed image of a 7905 or 7912, a `.zup`.
    Zup,
    /// A firmware file of a Yealink phone, a `.rom`.
    Rom(yealink::Rom),
    /// By its name a firmware file of an Aastra or Mitel phone, a `.st`; the texts found in it.
    St(aastra::Texts),
    /// The one-line hint for old loads of the 7940 and 7960, `OS79XX.TXT`.
    Hint(cisco::os79xx::Os79xx),
    /// A web page: usually an error page that was saved in place of the file.
    Html,
    /// Something compressed with gzip.
    Gzip,
    /// A zip archive.
    Zip,
    /// Something else.
    Unknown,
}

/// What is behind a signed header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Files for a Java phone.
    Archive(Archive),
    /// The list of files of a load.
    Loads(Loads),
    /// An image of a 7940 or 7960.
    Image(Image),
    /// A compressed image of a 7905 or 7912: the file is a `.sbin`.
    Zup,
    /// Something compressed with gzip: the file is a `.cop.sgn`.
    Gzip,
    /// Nothing.
    Empty,
    /// Something else.
    Other,
}

impl Identity {
    /// What the file was called when it was signed or built, as far as it says so itself.
    pub fn true_name(&self) -> Option<&str> {
        match &self.content {
            Content::Signed { header, .. } => Some(header.file_name.as_str()).filter(|name| !name.is_empty()),
            Content::Image(image) => Some(&image.name),
            _ => None,
        }
    }

    /// The version that the file's own contents give, as its maker writes it; for `.st` the most frequent
    /// of the texts that look like one.
    pub fn version_text(&self) -> Option<String> {
        match &self.content {
            Content::Rom(rom) => Some(rom.version.clone()).filter(|v| !v.is_empty()),
            Content::St(texts) => texts.versions.first().map(|v| v.0.clone()),
            _ => self.version().map(|v| v.to_string()),
        }
    }

    /// The load version in the file's true name.
    pub fn version(&self) -> Option<CiscoVersion> {
        self.true_name()?.parse().ok()
    }
}

/// Says what a file is. `name` is what it is called now; folders in front of it do not matter.
pub fn identify(name: &str, bytes: &[u8]) -> Identity {
    let name = last_part(name);
    let mut doubts = Vec::new();
    let content = content(name, bytes, &mut doubts);
    let found = match &content {
        Content::Gzip => Some("gzip data"),
        Content::Zip => Some("a zip archive"),
        Content::Image(_) => Some("an unsigned image"),
        Content::UnsignedList(_) => Some("a list without its signed header"),
        Content::Zup => Some("an unsigned image"),
        Content::Unknown => Some("something else"),
        Content::Rom(_) | Content::St(_) => Some("firmware of another maker"),
        Content::Hint(_) => Some("a line of text"),
        Content::Empty | Content::Html | Content::Signed { .. } | Content::SignedUnreadable(_) => None,
    };
    let wanted = ["sbn", "sb2", "sbin", "loads", "sgn"];
    if let Some(found) = found.filter(|_| wanted.contains(&extension(name).as_str())) {
        doubts.push(Doubt::WrongKind { wanted: "a signed file", found });
    }
    Identity { content, doubts }
}

fn content(name: &str, bytes: &[u8], doubts: &mut Vec<Doubt>) -> Content {
    if bytes.is_empty() {
        doubts.push(Doubt::Empty);
        return Content::Empty;
    }
    match SignedHeader::parse(bytes) {
        Ok(header) => return signed(name, header, bytes, doubts),
        Err(header::Malformed::NotSigned) => {}
        // One or two bytes say too little.
        Err(_) if bytes.len() < 3 && !bytes.starts_with(&[1, 0]) => {}
        Err(why) => {
            doubts.push(match why {
                header::Malformed::Cut { need, have, .. } => Doubt::cut_at_least(need.saturating_sub(have) as u64),
                why => Doubt::Header(why),
            });
            return Content::SignedUnreadable(why);
        }
    }
    if is_html(bytes) {
        if !["htm", "html"].contains(&extension(name).as_str()) {
            doubts.push(Doubt::ErrorPage);
        }
        return Content::Html;
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return Content::Gzip;
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        doubts.extend(Doubt::of_length(zip::end(bytes)));
        return Content::Zip;
    }
    if bytes.starts_with(b"kup1") {
        return Content::Zup;
    }
    match yealink::Rom::parse(bytes) {
        Ok(rom) => return self::rom(name, rom, bytes, doubts),
        Err(yealink::Malformed::NotARom) => {}
        Err(why) if extension(name) == "rom" => doubts.push(match why {
            yealink::Malformed::Cut { have } => Doubt::cut_at_least((yealink::HEADER_LEN - have) as u64),
            why => Doubt::Rom(why),
        }),
        Err(yealink::Malformed::MagicFlipped) => doubts.push(Doubt::Rom(yealink::Malformed::MagicFlipped)),
        Err(_) => {}
    }
    if extension(name) == "st" {
        return st(name, bytes, doubts);
    }
    if name.eq_ignore_ascii_case("OS79XX.TXT")
        && let Some(hint) = cisco::os79xx::parse(bytes)
    {
        return Content::Hint(hint);
    }
    match Image::parse(bytes) {
        Ok(image) => {
            if !stem(&image.name).eq_ignore_ascii_case(stem(name)) {
                let true_name = image.name.clone();
                // The name is filled with NULs: a bit of one of them makes the name longer.
                let is_longer = match true_name.as_bytes().strip_prefix(stem(name).as_bytes()) {
                    Some([one]) => one.count_ones() == 1,
                    _ => false,
                };
                let is_bit = is_longer || header::is_one_bit(stem(&true_name).as_bytes(), stem(name).as_bytes());
                doubts.push(if is_bit { Doubt::NameFlipped { true_name } } else { Doubt::Renamed { true_name } });
            }
            match image.completeness(bytes.len() as u64) {
                Some(completeness) => doubts.extend(Doubt::of_length(completeness)),
                None => doubts.push(Doubt::LengthUnknown),
            }
            return Content::Image(image);
        }
        Err(gen_a::Malformed::Cut { need, have }) => doubts.push(Doubt::cut_at_least((need - have) as u64)),
        // Other makers' files end so, too; names like these are those of one series.
        Err(why) if extension(name) == "bin" && gen_a::is_name(stem(name)) => doubts.push(no_image(why, bytes)),
        Err(_) => {}
    }
    match loads::parse(bytes) {
        Ok(list) if extension(name) == "loads" => {
            doubt_list(&list, doubts);
            Content::UnsignedList(list)
        }
        _ => Content::Unknown,
    }
}

fn rom(name: &str, rom: yealink::Rom, bytes: &[u8], doubts: &mut Vec<Doubt>) -> Content {
    if !rom.is_sound() {
        doubts.push(Doubt::RomSum { said: rom.crc, have: rom.crc_is });
        // Nothing else that a damaged header says is worth a word.
        return Content::Rom(rom);
    }
    match rom.length_is_off(bytes.len() as u64) {
        None => {}
        Some(missing @ ..0) if (bytes.len() as u64) < u64::from(rom.length) => {
            doubts.push(Doubt::Cut { missing: missing.unsigned_abs(), is_exact: false });
        }
        Some(..0) => doubts.push(Doubt::LengthOff { said: rom.length.into(), have: bytes.len() as u64 }),
        Some(extra) => doubts.push(Doubt::Extended { extra: extra.unsigned_abs() }),
    }
    if let Some(brand) = rom.brand() {
        doubts.push(Doubt::Branded { brand: brand.to_owned() });
    }
    let said = aastra::version_in(name);
    let behind = |v: &str| v.split_once('.').map(|v| v.1.to_owned());
    // The first number may be another: one file was published for four devices.
    if said.is_some_and(|said| behind(&said) != behind(&rom.version)) {
        doubts.extend(rom.plain_name().map(|true_name| Doubt::Renamed { true_name }));
    }
    Content::Rom(rom)
}

fn st(name: &str, bytes: &[u8], doubts: &mut Vec<Doubt>) -> Content {
    let texts = aastra::search(bytes);
    if texts.is_blank {
        doubts.push(Doubt::Blank);
    }
    doubts.push(Doubt::LengthUnknown);
    let bare = |t: &str| t.to_ascii_lowercase().trim_start_matches("67").to_owned();
    let own = bare(stem(name));
    // Images of one family name each other; only one that never names its own phone is doubted.
    if let Some((other, n)) = texts.models.first()
        && *n >= 3
        && texts.models.iter().all(|(m, _)| bare(m) != own)
    {
        let is_a_phones = stem(name).starts_with(|c: char| c.is_ascii_digit())
            && stem(name).bytes().all(|b| b.is_ascii_alphanumeric());
        doubts.push(if is_a_phones {
            Doubt::OtherPhone { device: other.clone() }
        } else {
            Doubt::OddName { perhaps: format!("{other}.st") }
        });
    }
    Content::St(texts)
}

fn signed(name: &str, header: SignedHeader, bytes: &[u8], doubts: &mut Vec<Doubt>) -> Content {
    let true_name = last_part(&header.file_name);
    let is_same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let unsigned = |name: &str| name.len() > 4 && is_same(extension(name).as_str(), "sgn");
    let is_named_so = is_same(true_name, name) || unsigned(name) && is_same(true_name, stem(name));
    if !true_name.is_empty() && !is_named_so {
        let true_name = true_name.to_string();
        // A bit may turn a character into one that is shown escaped, or into a slash.
        let is_odd = header.file_name.contains(['\\', '/']);
        let is_bit = is_odd || header::is_one_bit(true_name.as_bytes(), name.as_bytes());
        doubts.push(if is_bit { Doubt::NameFlipped { true_name } } else { Doubt::Renamed { true_name } });
    }
    doubts.extend(header.odd.iter().map(|odd| Doubt::HeaderOdd(*odd)));
    let body = body(true_name, header.body(bytes), doubts);
    let is_firmware = !matches!(body, Body::Gzip)
        && ["sbn", "sb2", "loads", "sbin"]
            .iter()
            .any(|e| [extension(true_name), extension(name)].iter().any(|x| x == e));
    if is_firmware {
        doubts.extend(header.unlike_firmware().into_iter().map(Doubt::HeaderOdd));
    }
    Content::Signed { header: Box::new(header), body }
}

fn body(true_name: &str, body: &[u8], doubts: &mut Vec<Doubt>) -> Body {
    if body.is_empty() {
        doubts.push(Doubt::cut_at_least(1));
        return Body::Empty;
    }
    if extension(true_name) == "loads" {
        return match loads::parse(body) {
            Ok(list) => {
                doubt_list(&list, doubts);
                Body::Loads(list)
            }
            Err(why) => {
                // Comments stand in front of the names.
                let is_cut = why == loads::NotLoads::NoFiles && body.starts_with(b"#");
                doubts.push(if is_cut { Doubt::cut_at_least(1) } else { Doubt::List(why) });
                Body::Other
            }
        };
    }
    match Archive::parse(body) {
        Ok(archive) => {
            doubts.extend(Doubt::of_length(archive.completeness(body.len() as u64)));
            return Body::Archive(archive);
        }
        Err(archive::Malformed::Cut { need, have }) => {
            doubts.push(Doubt::cut_at_least(need.saturating_sub(have)));
            return Body::Other;
        }
        Err(archive::Malformed::NotAnArchive) => {
            if extension(true_name) == "sbn" && loads::part_of(true_name).is_some() {
                doubts.push(Doubt::Archive(archive::Malformed::NotAnArchive));
            }
        }
        Err(why) => doubts.push(Doubt::Archive(why)),
    }
    if body.starts_with(&[0x1f, 0x8b]) {
        return Body::Gzip;
    }
    if body.starts_with(b"kup1") {
        return Body::Zup;
    }
    match Image::parse(body) {
        Ok(image) => {
            match image.completeness(body.len() as u64) {
                Some(completeness) => doubts.extend(Doubt::of_length(completeness)),
                None => doubts.push(Doubt::LengthUnknown),
            }
            Body::Image(image)
        }
        Err(why) => {
            if gen_a::is_name(stem(true_name)) && ["sbn", "sb2"].contains(&extension(true_name).as_str()) {
                doubts.push(no_image(why, body));
            }
            Body::Other
        }
    }
}

/// Why there is no image where one must be. One that ends within its front has no name or id for that reason.
fn no_image(why: gen_a::Malformed, body: &[u8]) -> Doubt {
    match gen_a::FIXED_LEN.saturating_sub(body.len()) {
        0 => Doubt::Image(why),
        missing => Doubt::cut_at_least(missing as u64),
    }
}

fn doubt_list(list: &Loads, doubts: &mut Vec<Doubt>) {
    match (list.missing_parts(), list.end()) {
        (missing, _) if !missing.is_empty() => doubts.push(Doubt::ListShort { missing }),
        (_, loads::End::Whole) => {}
        (_, loads::End::Cut) => doubts.push(Doubt::cut_at_least(1)),
        (_, loads::End::Extra(extra)) => doubts.push(Doubt::Extended { extra }),
    }
}

/// Whether this is a web page, whatever stands in front of its first tag.
fn is_html(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let front = bytes.get(..bytes.len().min(1024)).unwrap_or_default().to_ascii_lowercase();
    let has = |needle: &[u8]| front.windows(needle.len()).any(|w| w == needle);
    front.starts_with(b"<") && (has(b"<html") || has(b"<!doctype html"))
        || [&b"<head>"[..], b"<body", b"<title>"].iter().any(|tag| front.starts_with(tag))
}

fn last_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// What is behind the last dot, in lower case.
fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

#[cfg(test)]
#[path = "identify_tests.rs"]
mod tests;
