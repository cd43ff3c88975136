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

#[cfg(test)]
mod tests {
    use super::*;

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
