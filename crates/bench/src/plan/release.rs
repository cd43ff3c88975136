//! The release of a firmware, as procedures and templates tell phones apart: the part of its version by which its
//! behaviour changes.

/// The release in the version of a load, by the family's scheme; `None` when the scheme has none, or the text is
/// no such version. With the scheme `yealink` it is the second number: 28.80.0.95 is release 80.
pub fn release(scheme: &str, version: &str) -> Option<u32> {
    if scheme != "yealink" {
        return None;
    }
    let mut numbers = version.split('.').map(|n| n.parse::<u32>().ok());
    let (_, release) = (numbers.next()??, numbers.next()??);
    numbers.next()??;
    Some(release)
}

/// Whether a phone that runs this may be given a procedure for these releases. `None` while it is not known.
pub fn fits(scheme: &str, runs: Option<&str>, below: Option<&str>, from: Option<&str>) -> Option<bool> {
    if below.is_none() && from.is_none() {
        return Some(true);
    }
    let runs = release(scheme, runs?)?;
    let number = |text: &str| text.parse::<u32>().ok();
    let is_below = below.and_then(number).is_none_or(|b| runs < b);
    let is_from = from.and_then(number).is_none_or(|f| runs >= f);
    Some(is_below && is_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_number_is_the_release() {
        assert_eq!(release("yealink", "28.80.0.95"), Some(80));
        assert_eq!(release("yealink", "7.61.0.80"), Some(61));
        for text in ["", "28", "28.80", "T46.80.0.1", "SCCP45.8-5-2S", "..."] {
            assert_eq!(release("yealink", text), None, "{text}");
        }
        assert_eq!(release("cisco-79xx", "28.80.0.95"), None);
    }

    #[test]
    fn a_procedure_for_some_releases_fits_or_not_or_it_is_not_known() {
        let fits = |runs, below, from| fits("yealink", runs, below, from);
        assert_eq!(fits(Some("28.80.0.95"), Some("81"), None), Some(true));
        assert_eq!(fits(Some("28.81.0.95"), Some("81"), None), Some(false));
        assert_eq!(fits(Some("28.81.0.95"), None, Some("81")), Some(true));
        assert_eq!(fits(None, Some("81"), None), None);
        assert_eq!(fits(None, None, None), Some(true));
    }
}
