//! Load versions as ladders compare them: without the build number behind them.

use proto::image::CiscoVersion;

/// The version in a load's name, a file's name or a text such as `8.5(2)`; `None` when there is none.
pub fn version(text: &str) -> Option<CiscoVersion> {
    text.parse::<CiscoVersion>().ok().map(CiscoVersion::without_build)
}

/// As file names write it: `8-5-2SR1`.
pub fn in_file_names(version: &CiscoVersion) -> String {
    version.to_string().replace(['.', '('], "-").replace(')', "")
}

/// The numbers of a version written with dots, as `3.3.1.4365-SIP`; empty when there are none. Such lists compare
/// as the versions do, and one begins with another when it is a build of it.
pub fn dotted(text: &str) -> Vec<u32> {
    let start = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default().split('.').map_while(|n| n.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_dots() {
        assert_eq!(dotted("V:3.3.1.4365-SIP"), [3, 3, 1, 4365]);
        assert!(dotted("2.6.0.2019") < dotted("2.10.0.1"));
        assert!(dotted("5.1.0.1024").starts_with(&dotted("5.1.0")));
        assert!(dotted("none").is_empty() && dotted("").is_empty());
    }

    #[test]
    fn names_and_texts_meet() {
        assert_eq!(version("SCCP45.8-5-2S"), version("8.5(2)"));
        assert_eq!(version("SCCP45.9-4-2SR1-1S"), version("9.4(2)SR1"));
        assert!(version("jar45sccp.8-5-2TH1-9.sbn") <= version("8.5(2)"));
        assert!(version("8.5(2)SR1") > version("8.5(2)"));
        assert_eq!(version("8.5(2)").map(|v| in_file_names(&v)).as_deref(), Some("8-5-2"));
        assert_eq!(version("no version"), None);
    }
}
