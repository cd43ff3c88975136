//! MAC addresses in people's spellings.

use proto::Mac;

/// Reads the input as a MAC and looks for one in it.
pub fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Ok(mac) = text.parse::<Mac>() {
        for spelling in [mac.to_string(), mac.bare_upper(), mac.bare_lower(), format!("{mac:?}")] {
            assert_eq!(spelling.parse(), Ok(mac));
            assert_eq!(spelling.len() == 12, Mac::find_in(&spelling) == Some(mac), "{spelling}");
        }
        let json = serde_json::to_string(&mac).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Mac>(&json).ok(), Some(mac));
        let _ = (mac.oui(), mac.is_group());
    }
    if let Some(mac) = Mac::find_in(&text) {
        assert!(text.to_ascii_lowercase().contains(&mac.bare_lower()), "{mac} is not in {text:?}");
    }
    let _ = serde_json::from_slice::<Mac>(input);
}
