//! Load versions: every spelling that is read comes back the same from its plain one.

use bench::plan::version::{SCHEMES, Scheme, Version};
use profile::family::Spelling;
use proto::image::CiscoVersion;

/// Reads the input as a version; with a blank line in it, as two to be compared.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let read = |t: &str| t.parse::<CiscoVersion>().ok();
    if let Some(v) = read(&text) {
        assert_eq!(read(&v.to_string()), Some(v), "{text:?} is shown as {v}");
        let plain = v.without_build();
        assert_eq!(Scheme::Cisco79xx.version(&text), Some(Version::Cisco(plain)));
        let spelled = Version::Cisco(plain).spelled(Spelling::Plain).unwrap_or_default();
        assert_eq!(Scheme::Cisco79xx.version(&spelled), Some(Version::Cisco(plain)), "{plain}");
        let json = serde_json::to_string(&v).unwrap_or_default();
        assert_eq!(serde_json::from_str::<CiscoVersion>(&json).ok(), Some(v));
    }
    for (_, scheme) in SCHEMES {
        if let Some(v) = scheme.version(&text) {
            assert_eq!(scheme.version(&v.to_string()), Some(v), "{text:?} is shown as {v}");
        }
    }
    if let Some((a, b)) = text.split_once('\n')
        && let (Some(a), Some(b)) = (read(a), read(b))
    {
        assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        assert_eq!(a == b, a.to_string() == b.to_string());
    }
}
