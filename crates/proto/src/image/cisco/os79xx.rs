//! `OS79XX.TXT`: the one line that old 7940 and 7960 loads ask for first.

use crate::text::escape;

/// The image an `OS79XX.TXT` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Os79xx {
    /// The image's base name, escaped, without what stands around it.
    pub image: String,
    /// Nothing stands around the name. Loads are known to stumble over trailing characters
    /// (CSCdv19260), though packs with a blank or a line end were in use.
    pub is_strict: bool,
}

/// Reads an `OS79XX.TXT`; nothing when it does not hold one image name.
pub fn parse(file: &[u8]) -> Option<Os79xx> {
    let name = file.trim_ascii();
    let is_name = name.starts_with(b"P0") && name.len() <= 32 && name.iter().all(u8::is_ascii_graphic);
    is_name.then(|| Os79xx { image: escape(name), is_strict: name.len() == file.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_and_nothing_else() {
        let read = |file: &[u8]| parse(file).map(|os| (os.image, os.is_strict));
        assert_eq!(read(b"P003-8-12-00"), Some(("P003-8-12-00".into(), true)));
        assert_eq!(read(b"P0S30202 \r\n"), Some(("P0S30202".into(), false)));
        for odd in [&b""[..], b"<html>", b"P003-8-12-00\nP0S3-8-12-00\n", b"P\x0003"] {
            assert_eq!(read(odd), None);
        }
    }
}
