//! The few things a phone takes from its configuration file.
//!
//! A tolerant scan for tags and not an XML parser: real files are written by many hands.

/// What a configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// The load to run; none: the present one.
    pub(crate) load: Option<String>,
    /// Folder of tones.
    pub(crate) network_locale: Option<String>,
    /// Folder of words.
    pub(crate) user_locale: Option<String>,
    /// Whether the settings menu opens.
    pub(crate) settings_access: Option<bool>,
    /// The password of the settings menu.
    pub(crate) password: Option<String>,
    /// The call server, a name or an address, and its SCCP port.
    pub(crate) call_server: Option<String>,
    pub(crate) sccp_port: Option<u16>,
    /// The first SIP line.
    pub(crate) line: Option<Line>,
}

/// A SIP line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// None: the call server.
    pub(crate) proxy: Option<String>,
    pub(crate) port: Option<u16>,
    /// It is to be reached by datagrams.
    pub(crate) by_udp: bool,
}

/// Reads `SEP<MAC>.cnf.xml`. `None` when it is no whole device configuration.
pub(crate) fn own(text: &str) -> Option<Config> {
    let text = &without_comments(text);
    is_whole(text, "device").then(|| scan(text, "loadInformation"))
}

/// Reads `XMLDefault.cnf.xml` for phones of this device type. Phones refuse one that names no call
/// manager.
pub(crate) fn default(text: &str, device_type: u32) -> Option<Config> {
    let text = &without_comments(text);
    let good = is_whole(text, "Default") && value(text, "callManagerGroup").is_some();
    good.then(|| scan(text, &format!("loadInformation{device_type}")))
}

fn scan(text: &str, load_tag: &str) -> Config {
    let locale = |tag: &str| {
        let inner = value(text, tag)?;
        // In device files the locale is a group with a name in it; in short ones it is the name.
        let name = if inner.contains('<') { value(inner, "name")? } else { inner };
        filled(name)
    };
    Config {
        load: value(text, load_tag).and_then(filled),
        network_locale: locale("networkLocale"),
        user_locale: locale("userLocale"),
        settings_access: value(text, "settingsAccess").and_then(filled).map(|v| v != "0"),
        password: value(text, "phonePassword").and_then(filled),
        call_server: value(text, "processNodeName").and_then(filled),
        sccp_port: value(text, "ethernetPhonePort").and_then(filled).and_then(|port| port.parse().ok()),
        line: value(text, "sipLines").and_then(|lines| value(lines, "line")).and_then(|line| sip_line(text, line)),
    }
}

fn sip_line(text: &str, line: &str) -> Option<Line> {
    // 2 is UDP; one source says so of 4.
    let transport = value(text, "transportLayerProtocol").and_then(filled);
    Some(Line {
        name: value(line, "name").and_then(filled)?,
        proxy: value(line, "proxy").and_then(filled).filter(|proxy| proxy != "USECALLMANAGER"),
        port: value(line, "port").and_then(filled).and_then(|port| port.parse().ok()),
        by_udp: matches!(transport.as_deref(), Some("2" | "4")),
    })
}

fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_string())
}

fn is_whole(text: &str, root: &str) -> bool {
    value(text, root).is_some() && text.trim_end().ends_with(&format!("</{root}>"))
}

/// What stands between `<tag …>` and `</tag>`; empty for `<tag/>`.
fn value<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let open = format!("<{tag}");
    let mut rest = text;
    loop {
        let (_, behind) = rest.split_once(&open)?;
        rest = behind;
        // `<loadInformation` also begins `<loadInformation436`.
        if !behind.starts_with(|c: char| c == '>' || c == '/' || c.is_whitespace()) {
            continue;
        }
        let (attributes, inner) = behind.split_once('>')?;
        if attributes.ends_with('/') {
            return Some("");
        }
        return inner.split_once(&format!("</{tag}>")).map(|(value, _)| value);
    }
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = behind.split_once("-->").map_or("", |(_, after)| after);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_file_names_load_and_locale() {
        let text = "<?xml version='1.0'?>\r\n<device>
            <!-- <loadInformation>SCCP45.8-3-1S</loadInformation> -->
            <loadInformation model=\"IP Phone 7965\"> SCCP45.8-5-2S </loadInformation>
            <networkLocale>German</networkLocale>
            <userLocale><name>German_Germany</name><langCode>de</langCode></userLocale>
            <vendorConfig><settingsAccess>0</settingsAccess></vendorConfig>
            </device>\n";
        let config = own(text).unwrap();
        assert_eq!(config.load.as_deref(), Some("SCCP45.8-5-2S"));
        assert_eq!(config.network_locale.as_deref(), Some("German"));
        assert_eq!(config.user_locale.as_deref(), Some("German_Germany"));
        assert_eq!(config.settings_access, Some(false));
        assert_eq!((config.call_server, config.line), (None, None));
        let bare = own("<device><loadInformation/><networkLocale></networkLocale></device>");
        assert_eq!(bare, Some(Config::default()));
    }

    #[test]
    fn a_device_file_names_call_server_and_line() {
        let text = "<device><deviceProtocol>SIP</deviceProtocol><devicePool><callManagerGroup><members><member priority='0'>
            <callManager><ports><ethernetPhonePort>2000</ethernetPhonePort></ports>
            <processNodeName>10.0.0.1</processNodeName></callManager></member></members></callManagerGroup></devicePool>
            <sipProfile><sipProxies><registerWithProxy>true</registerWithProxy></sipProxies><sipLines>
            <line button='1'><featureID>9</featureID><proxy>USECALLMANAGER</proxy><port>5060</port><name>100</name></line>
            </sipLines></sipProfile><commonProfile><phonePassword>abc</phonePassword></commonProfile>
            <transportLayerProtocol>2</transportLayerProtocol></device>";
        let config = own(text).unwrap();
        assert_eq!((config.call_server.as_deref(), config.sccp_port), (Some("10.0.0.1"), Some(2000)));
        assert_eq!(config.line, Some(Line { name: "100".into(), proxy: None, port: Some(5060), by_udp: true }));
        assert_eq!(config.password.as_deref(), Some("abc"));
        assert_eq!(own(&text.replace("<name>100</name>", "")).unwrap().line, None);
    }

    #[test]
    fn a_default_file_is_read_by_device_type_and_needs_a_call_manager() {
        let loads = "<loadInformation43>X</loadInformation43><loadInformation436 model='7965'>Y</loadInformation436>";
        let group = "<callManagerGroup><members/></callManagerGroup>";
        let whole = format!("<Default>{group}{loads}</Default>");
        assert_eq!(default(&whole, 436).unwrap().load.as_deref(), Some("Y"));
        assert_eq!(default(&whole, 434).unwrap().load, None);
        assert_eq!(default(&format!("<Default>{loads}</Default>"), 436), None);
    }

    #[test]
    fn what_is_no_configuration_is_none() {
        for odd in ["", "<device>", "<device></devic", "<html></html>", "device", "<device"] {
            assert_eq!(own(odd), None, "{odd}");
        }
    }
}
