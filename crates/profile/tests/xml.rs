//! Every XML file that is made for a phone is well-formed and holds what phones look for, read by a library.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use profile::Profiles;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The paths of all elements with their texts; fails on anything that is not well-formed.
fn read(text: &str) -> BTreeMap<String, String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut path, mut found, mut roots) = (Vec::<String>::new(), BTreeMap::new(), 0);
    loop {
        match reader.read_event().unwrap_or_else(|e| panic!("{e} at {}\n{text}", reader.buffer_position())) {
            Event::Start(tag) => {
                roots += usize::from(path.is_empty());
                path.push(tag.name().as_ref().to_owned());
                for attribute in tag.attributes() {
                    attribute.unwrap();
                }
                found.entry(path.join("/")).or_insert_with(String::new);
            }
            Event::End(_) => drop(path.pop()),
            Event::Text(text) => {
                let text = text.as_ref().trim().to_owned();
                if !text.is_empty() {
                    found.insert(path.join("/"), text);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(path.is_empty() && roots == 1, "one root: {text}");
    found
}

/// What may be known of a phone when a file is made for it.
fn situations() -> Vec<BTreeMap<&'static str, String>> {
    let always = [("mac", "0011BB73AD61"), ("server", "10.79.0.1")];
    let some: [&[(&str, &str)]; 6] = [
        &[],
        &[("model", "7965G"), ("device_type", "436"), ("laid", "yes")],
        &[("load", "SCCP45.9-4-2SR1-1S"), ("load_protocol", "sccp"), ("device_type", "436"), ("laid", "yes")],
        &[("load", "SIP45.8-5-2S"), ("load_protocol", "sip"), ("protocol", "sccp"), ("laid", "yes")],
        &[("load", "P0S3-8-12-00"), ("loader", "P003-8-12-00"), ("state", "one-image"), ("runs_major", "3")],
        &[("load", "A<B&C\"'"), ("target", "A<B&C\"'"), ("protocol", "sip"), ("model", "<7965>")],
    ];
    let made = some.map(|more| always.iter().chain(more).map(|(k, v)| (*k, (*v).to_owned())).collect());
    made.to_vec()
}

#[test]
fn every_xml_file_is_well_formed_whatever_is_known() {
    let (profiles, _) = Profiles::built_in();
    let mut made = 0;
    for family in profiles.families() {
        for template in family.templates.values().filter(|t| t.name.ends_with(".xml")) {
            for values in situations() {
                let Ok(text) = template.render(&values) else { continue };
                made += 1;
                let tags = read(&text);
                assert!(text.starts_with("<?xml"), "{}: {text}", template.name);
                assert!(!tags.is_empty());
            }
        }
    }
    assert!(made >= 20, "{made}");
}

#[test]
fn cisco_files_hold_what_phones_look_for() {
    let (profiles, _) = Profiles::built_in();
    let manager = "callManagerGroup/members/member/callManager";
    for id in ["cisco-7940-7960", "cisco-79xx-java"] {
        let family = profiles.family(id).unwrap();
        for values in situations() {
            let default = read(&family.templates["XMLDefault.cnf.xml"].render(&values).unwrap());
            assert_eq!(default[&format!("Default/{manager}/ports/ethernetPhonePort")], "2000");
            assert_eq!(default[&format!("Default/{manager}/processNodeName")], "10.79.0.1");
            let own = read(&family.templates["SEP.cnf.xml"].render(&values).unwrap());
            assert_eq!(own[&format!("device/devicePool/{manager}/processNodeName")], "10.79.0.1");
            let sip = values.get("load_protocol").or(values.get("protocol")).is_some_and(|p| p == "sip");
            assert_eq!(own["device/deviceProtocol"], if sip { "SIP" } else { "SCCP" });
            assert_eq!(own.contains_key("device/loadInformation"), values.contains_key("load"));
        }
    }
    let java = profiles.family("cisco-79xx-java").unwrap();
    let sip = read(&java.templates["SEP.cnf.xml"].render(&situations()[3]).unwrap());
    assert_eq!(sip["device/sipProfile/sipLines/line/featureID"], "9");
    assert_eq!(sip["device/loadInformation"], "SIP45.8-5-2S");
    let classic = profiles.family("cisco-7940-7960").unwrap();
    let both = read(&classic.templates["XMLDefault.cnf.xml"].render(&situations()[4]).unwrap());
    for model in [7, 8] {
        assert_eq!(
            both[&format!("Default/loadInformation{model}")],
            "P003-8-12-00",
            "an old image takes the loader first"
        );
    }
}

#[test]
fn the_hint_for_old_loads_is_one_name_and_nothing_behind_it() {
    let (profiles, _) = Profiles::built_in();
    let family = profiles.family("cisco-7940-7960").unwrap();
    assert_eq!(family.templates["OS79XX.TXT"].render(&situations()[4]).unwrap(), "P003-8-12-00");
    assert_eq!(family.templates["OS79XX.TXT"].render(&situations()[3]).unwrap(), "SIP45.8-5-2S");
    assert!(family.templates["OS79XX.TXT"].render(&situations()[0]).is_err(), "without a load there is no hint");
}
