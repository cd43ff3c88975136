//! How a simulated 7940 looks at the firmware it was given.
//!
//! Written for the phones' side only: the bench has its own reader, so that each checks the other.

use super::classic::{ID_AT, LENGTH_AT, NAME_AT};
use super::read::{Intake, Unsound, firmware, sum, until_nul};

/// What an image says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    pub(crate) name: String,
    /// It is a universal loader and no application.
    pub(crate) is_loader: bool,
}

/// What a `.loads` list says: names without their endings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List {
    pub(crate) loader: String,
    pub(crate) app: String,
}

/// A `.bin`: an image without a header.
pub(crate) fn unsigned(file: &Intake) -> Result<Image, Unsound> {
    image(file, 0)
}

/// A `.sbn` or `.sb2` under the name it was asked for.
pub(crate) fn signed(asked: &str, file: &Intake) -> Result<Image, Unsound> {
    let header = firmware(asked, file)?;
    let image = image(file, header.len)?;
    sum(file)?;
    Ok(image)
}

/// A `.loads`: the loader, the application, and the loader's id.
pub(crate) fn list(asked: &str, file: &Intake) -> Result<List, Unsound> {
    let header = firmware(asked, file)?;
    sum(file)?;
    let text = String::from_utf8_lossy(file.head.get(header.len..).unwrap_or_default()).into_owned();
    let mut lines = text.lines().map(str::trim);
    let stem = |line: Option<&str>, ending: &str| {
        line.and_then(|l| l.strip_suffix(ending)).map(str::to_owned).ok_or(Unsound::Incomplete)
    };
    Ok(List { loader: stem(lines.next(), ".sbn")?, app: stem(lines.next(), ".sb2")? })
}

fn image(file: &Intake, start: usize) -> Result<Image, Unsound> {
    let body = file.head.get(start..).unwrap_or_default();
    let id = body.get(ID_AT..ID_AT + 8).ok_or(Unsound::Incomplete)?;
    let length = body.get(LENGTH_AT..).and_then(|rest| rest.first_chunk()).ok_or(Unsound::Incomplete)?;
    let name = until_nul(body.get(NAME_AT..ID_AT).unwrap_or_default());
    if !id.starts_with(b"PA") || !name.starts_with("P0") {
        return Err(Unsound::NotSigned);
    }
    let whole = u64::from(u32::from_le_bytes(*length)) + (start + NAME_AT) as u64;
    if file.len != whole {
        return Err(Unsound::Incomplete);
    }
    Ok(Image { name, is_loader: id.starts_with(b"PAS") && id.iter().skip(3).all(u8::is_ascii_digit) })
}

#[cfg(test)]
mod tests {
    use super::super::classic::Pack;
    use super::*;
    use proptest::prelude::*;
    use proto::tftp::Sink;

    fn pack() -> Vec<(String, Vec<u8>)> {
        Pack::new(&"P0S3-8-12-00".parse().unwrap(), 5_000).files()
    }

    fn taken(bytes: &[u8]) -> Intake {
        let mut intake = Intake::new();
        bytes.chunks(512).for_each(|block| intake.write(block));
        intake
    }

    #[test]
    fn what_is_made_is_taken() {
        let files = pack();
        let (loader, app) = ("P003-8-12-00".to_owned(), "P0S3-8-12-00".to_owned());
        let said = list(&files[0].0, &taken(&files[0].1)).unwrap();
        assert_eq!(said, List { loader: loader.clone(), app: app.clone() });
        let is_loader = Image { name: loader, is_loader: true };
        assert_eq!(signed(&files[1].0, &taken(&files[1].1)).as_ref(), Ok(&is_loader));
        assert_eq!(unsigned(&taken(&files[2].1)), Ok(is_loader));
        assert_eq!(signed(&files[3].0, &taken(&files[3].1)), Ok(Image { name: app, is_loader: false }));
    }

    #[test]
    fn what_was_tampered_with_is_not() {
        let (name, good) = pack().swap_remove(3);
        assert_eq!(signed("P0S3-8-9-00.sb2", &taken(&good)), Err(Unsound::Renamed));
        assert_eq!(signed(&name, &taken(&good[..good.len() - 9])), Err(Unsound::Incomplete));
        assert_eq!(signed(&name, &taken(&pack()[2].1)), Err(Unsound::NotSigned), "no header");
        let mut changed = good;
        changed[4_000] ^= 1;
        assert_eq!(signed(&name, &taken(&changed)), Err(Unsound::Changed));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(which in 0usize..4, cut in 0usize..1_500, at in 0usize..1_000, byte: u8) {
            let (name, mut bytes) = pack().swap_remove(which);
            if let Some(b) = bytes.get_mut(at) {
                *b = byte;
            }
            bytes.truncate(cut);
            let _ = (signed(&name, &taken(&bytes)), unsigned(&taken(&bytes)), list(&name, &taken(&bytes)));
        }
    }
}
