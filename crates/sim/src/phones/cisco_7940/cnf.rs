//! Configurations of the SIP and MGCP applications: lines of `key: value` or `key: "value"`.

use std::collections::BTreeMap;

/// Most keys kept, and most characters of a value.
const KEYS: usize = 300;
const VALUE: usize = 256;

/// What the files said, the later one over the earlier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Reads a file over what is there. A `#` begins a comment line, a `;` a comment behind a value.
    pub(super) fn read(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.trim();
            let Some((key, value)) = line.split_once(':').filter(|_| !line.starts_with(['#', ';'])) else { continue };
            let key = key.trim().to_ascii_lowercase();
            if self.0.len() < KEYS || self.0.contains_key(&key) {
                self.0.insert(key, unquoted(value).chars().take(VALUE).collect());
            }
        }
    }

    /// A value, if it was said and is not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A value, also an empty one.
    pub(super) fn said(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }
}

fn unquoted(value: &str) -> &str {
    let value = value.trim();
    match value.strip_prefix('"') {
        Some(rest) => rest.split('"').next().unwrap_or_default(),
        None => value.split(';').next().unwrap_or_default().trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_write_them() {
        let mut settings = Settings::default();
        settings.read("# comment: no\nimage_version: P0S3-8-12-00 ; the load\r\nphone_password: \"a;b\"\n\nnonsense\n");
        settings.read("tftp_cfg_dir: ./\nImage_Version:P0S3-8-9-00\nphone_label: \"\"");
        assert_eq!(settings.get("image_version"), Some("P0S3-8-9-00"));
        assert_eq!(settings.get("phone_password"), Some("a;b"));
        assert_eq!(settings.get("tftp_cfg_dir"), Some("./"));
        assert_eq!((settings.get("phone_label"), settings.said("phone_label")), (None, Some("")));
        assert_eq!(settings.get("# comment"), None);
    }
}
