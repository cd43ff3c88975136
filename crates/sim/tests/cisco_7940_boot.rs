//! How a simulated 7940 boots: what it says, and which files it asks for, by load and protocol.

mod world;

use proto::Time;
use sim::firmware::classic::Pack;
use sim::phones::cisco_7940::{Cisco7940, PhoneSpec};
use world::{MAC, World};

/// A 7940 with this load.
fn phone(load: &str) -> PhoneSpec {
    PhoneSpec { load: load.parse().expect("a load"), ..PhoneSpec::new(MAC) }
}

fn world(spec: PhoneSpec) -> World {
    World::with(Cisco7940::new(spec))
}

fn pack(load: &str) -> Vec<(String, Vec<u8>)> {
    Pack { os79xx: true, ..Pack::new(&load.parse().expect("a load"), 3_000) }.files()
}

fn text(name: &str, text: &str) -> (String, Vec<u8>) {
    (name.to_owned(), text.as_bytes().to_vec())
}

fn own_xml(inner: &str) -> (String, Vec<u8>) {
    text("SEP001BD4112233.cnf.xml", &format!("<device>{inner}</device>"))
}

fn sip_default(inner: &str) -> (String, Vec<u8>) {
    text("SIPDefault.cnf", inner)
}

#[test]
fn a_sip_8_12_phone_boots_as_its_published_log_shows() {
    let mut world = world(PhoneSpec { cfg_dir: "./".to_owned(), ..phone("P0S3-8-12-00") })
        .with_files(pack("P0S3-8-12-00"))
        .with_files([
            own_xml("<loadInformation>P0S3-8-12-00</loadInformation>"),
            sip_default("image_version: P0S3-8-12-00"),
        ])
        .with_files([text("./SIP001BD4112233.cnf", "line1_name: 100")]);
    world.power_on();
    world.run_to_idle();
    assert_eq!(
        world.names(),
        [
            "CTLSEP001BD4112233.tlv",
            "SEP001BD4112233.cnf.xml",
            "P0S3-8-12-00.loads",
            "SIPDefault.cnf",
            "./SIP001BD4112233.cnf",
            "RINGLIST.DAT",
            "dialplan.xml"
        ]
    );
    let at = |name: &str| world.asked.iter().find(|a| a.name == name).expect("asked").at;
    let pause = at("SIPDefault.cnf") - at("P0S3-8-12-00.loads");
    assert!((18..=30).contains(&pause.as_secs()), "the application starts: {pause:?}");
    assert_eq!(at("RINGLIST.DAT"), at("dialplan.xml"), "at the same time");
    let ports: Vec<u16> = world.asked.iter().map(|a| a.port).collect();
    assert!(ports.windows(2).all(|p| p[0] != p[1]), "a port for each file: {ports:?}");
}

#[test]
fn before_an_address_it_says_who_it_is() {
    for (load, class, device, version) in [
        ("P0S3-8-12-00", "Cisco Systems, Inc. IP Phone CP-7940G\0", "SIP001BD4112233", "P003-8-12-00"),
        ("P00308000700", "Cisco Systems, Inc. IP Phone CP-7940G\0", "SEP001BD4112233", "P00308000700"),
        ("P00303020214", "Cisco Systems, Inc. IP Phone\0", "SEP001BD4112233", "P00303020214"),
    ] {
        let mut world = world(phone(load));
        world.power_on();
        world.run_until(Time::from_secs(60));
        let discover = &world.discovers[0];
        let option = |code: u8| discover.options.text(code).map(<[u8]>::to_vec).unwrap_or_default();
        assert_eq!(String::from_utf8_lossy(&option(60)), class.trim_end_matches('\0'), "{load}");
        assert_eq!(discover.options.get(60).expect("a class").last(), Some(&0), "with its NUL");
        assert_eq!(option(12), b"SEP001BD4112233");
        assert_eq!(discover.options.get(55).expect("a list"), [1, 66, 6, 3, 15, 150, 35]);
        let cdp = String::from_utf8_lossy(&world.frames[0].1).into_owned();
        for part in [device, version, "Cisco IP Phone 7940", "Port 1"] {
            assert!(cdp.contains(part), "{load}: {part}");
        }
    }
}

#[test]
fn a_file_without_an_answer_is_asked_for_every_four_seconds_from_the_same_port() {
    let mut world = world(phone("P00308000700"));
    world.silent.insert("CTLSEP001BD4112233.tlv".to_owned());
    world.power_on();
    world.run_to("asked for something else", |w| w.names().len() == 2);
    let asked: Vec<_> = world.asked.iter().filter(|a| a.name.starts_with("CTL")).collect();
    assert_eq!(asked.len(), 5);
    assert!(asked.windows(2).all(|a| a[0].port == a[1].port && (a[1].at - a[0].at).as_secs() == 4), "{asked:?}");
}

#[test]
fn an_sccp_phone_asks_for_its_own_file_and_then_for_everybodys() {
    let group = "<callManagerGroup><members/></callManagerGroup>";
    let default = format!("<Default>{group}<loadInformation8>P0030801SR02</loadInformation8></Default>");
    let mut world = world(phone("P00308000700")).with_files(pack("P0030801SR02"));
    world.power_on();
    world.run_until(Time::from_secs(70));
    assert_eq!(world.names()[..3], ["CTLSEP001BD4112233.tlv", "SEP001BD4112233.cnf.xml", "XMLDefault.cnf.xml"]);
    assert_eq!(world.phone.status().message.as_deref(), Some("CFG file not found"));
    assert_eq!(world.names()[3], "CTLSEP001BD4112233.tlv", "again and again");

    world = world.with_files([text("XMLDefault.cnf.xml", &default)]);
    world.asked.clear();
    world.run_to_load("P0030801SR02");
    let images: Vec<&str> = world.names().into_iter().filter(|n| n.starts_with("P003")).collect();
    assert_eq!(
        images,
        ["P0030801SR02.loads", "P0030801SR02.sbn", "P0030801SR02.loads", "P0030801SR02.sb2", "P0030801SR02.loads"],
        "the loader first, then by it the application, then only the list"
    );
}

#[test]
fn a_loader_without_an_application_hunts_through_the_files_of_every_protocol() {
    let mut world = world(PhoneSpec { no_application: true, ..phone("P0S3-8-12-00") });
    world.power_on();
    world.run_until(Time::from_secs(60));
    assert_eq!(
        world.names()[..5],
        [
            "CTLSEP001BD4112233.tlv",
            "SEP001BD4112233.cnf.xml",
            "SIP001BD4112233.cnf",
            "XMLDefault.cnf.xml",
            "SIPDefault.cnf"
        ]
    );
    assert!(world.has_shown("Protocol Application Invalid") && world.phone.status().bricked);
    world = world.with_files(pack("P0S3-8-12-00")).with_files([sip_default("image_version: P0S3-8-12-00")]);
    world.run_to_load("P0S3-8-12-00");
}

#[test]
fn the_early_loader_loops_until_it_gets_an_empty_trust_list() {
    let spec = PhoneSpec { no_application: true, loader: Some("P003-07-2-00".to_owned()), ..phone("P0S3-07-4-00") };
    let mut world = world(spec);
    world.power_on();
    world.run_for(200);
    assert!(world.names().len() > 3 && world.names().iter().all(|n| n.starts_with("CTLSEP")), "{:?}", world.names());
    world = world.with_files([text("CTLSEP001BD4112233.tlv", "")]);
    world.asked.clear();
    world.run_for(200);
    assert!(world.names().ends_with(&["SEP001BD4112233.cnf.xml"; 2]), "{:?}", world.names());
    world = world.with_files(pack("P0S3-07-4-00")).with_files([
        own_xml("<loadInformation>P0S3-07-4-00</loadInformation>"),
        sip_default("image_version: P0S3-07-4-00"),
    ]);
    world.run_to_load("P0S3-07-4-00");
}

#[test]
fn old_images_ask_os79xx_first_and_only_its_four_first_characters_count() {
    // SIP 2.2 to SCCP 3.2 by the name alone.
    let mut other =
        world(phone("P0S30202")).with_files(pack("P00303020214")).with_files([own_xml("<loadInformation/>")]);
    other.power_on();
    other.run_to_load("P00303020214");
    assert_eq!(other.names()[..2], ["OS79XX.TXT", "P00303020214.bin"]);
    assert_eq!(other.names()[2..4], ["OS79XX.TXT", "SEP001BD4112233.cnf.xml"], "the same protocol now");

    // The same protocol: the name does not rule, the configuration does.
    let mut same =
        world(phone("P0S30202")).with_files([text("OS79XX.TXT", "P0S3-03-0-00"), sip_default("phone_label: x")]);
    same.power_on();
    same.run_to_idle();
    assert_eq!(same.names()[..3], ["OS79XX.TXT", "SIPDefault.cnf", "SIP001BD4112233.cnf"]);
}

#[test]
fn what_stands_behind_the_name_spoils_it_for_old_images_only() {
    let files = |spec| {
        world(spec)
            .with_files(pack("P00305000100"))
            .with_files(pack("P00303020214"))
            .with_files([text("OS79XX.TXT", "P00305000100\r\n"), own_xml("")])
    };
    let mut old = files(phone("P0S30202"));
    old.power_on();
    old.run_for(300);
    assert!(old.names().len() > 3 && old.names().iter().all(|n| *n == "OS79XX.TXT"), "{:?}", old.names());
    let mut newer = files(phone("P0S3-05-1-00"));
    newer.power_on();
    newer.run_to_load("P00305000100");
}

#[test]
fn from_5_0_on_only_signed_images_are_asked_for_and_taken() {
    let mut world = world(phone("P0S3-05-1-00")).with_files([text("OS79XX.TXT", "P00303020214")]);
    world.power_on();
    world.run_to("asked for an image", |w| w.names().len() > 1);
    assert_eq!(world.names()[1], "P00303020214.sbn");
    // Somebody renames the unsigned one.
    let unsigned = pack("P00303020214").swap_remove(0).1;
    world = world.with_files([("P00303020214.sbn".to_owned(), unsigned), sip_default("phone_label: x")]);
    world.run_to_idle();
    assert_eq!(world.phone.status().load.as_deref(), Some("P0S3-05-1-00"));
    assert!(world.has_noted("File auth fail"));
}

#[test]
fn an_unsigned_image_takes_the_universal_loader_and_becomes_sip_8_12() {
    let mut world = world(phone("P00303020214"))
        .with_files(pack("P0S3-8-12-00"))
        .with_files([own_xml("<loadInformation>P003-8-12-00</loadInformation>")]);
    world.power_on();
    world.run_to("loader", |w| w.phone.status().bricked);
    // From here on its own file would keep it a loader: it goes, and everybody's SIP file leads on.
    world.files.remove("SEP001BD4112233.cnf.xml");
    world = world.with_files([sip_default("image_version: P0S3-8-12-00")]);
    world.run_to_load("P0S3-8-12-00");
    let images: Vec<&str> = world.names().into_iter().filter(|n| n.starts_with("P0")).collect();
    assert_eq!(images[..3], ["P003-8-12-00.bin", "P0S3-8-12-00.loads", "P0S3-8-12-00.sb2"]);
    let classes: Vec<usize> = world.discovers.iter().map(|d| d.options.get(60).expect("a class").len()).collect();
    assert_eq!(classes[..2], [29, 38], "the vendor class grows with the loader");
}

#[test]
fn a_sip_7_3_phone_upgrades_to_7_4_as_its_published_log_shows() {
    let mut world = world(phone("P0S3-07-3-00"))
        .with_files(pack("P0S3-07-4-00"))
        .with_files([sip_default("image_version: \"P0S3-07-4-00\"")]);
    world.power_on();
    world.run_to_load("P0S3-07-4-00");
    let names = world.names();
    assert_eq!(names[..3], ["SIPDefault.cnf", "P0S3-07-4-00.loads", "P003-07-4-00.sbn"]);
    let rest: Vec<&str> =
        names[3..].iter().copied().filter(|n| n.starts_with("P0") || *n == "SIPDefault.cnf").collect();
    assert_eq!(rest[..3], ["SIPDefault.cnf", "P0S3-07-4-00.loads", "P0S3-07-4-00.sb2"]);
}

#[test]
fn an_mgcp_phone_is_converted_by_either_of_its_files() {
    let mut by_name = world(phone("P0M3-06-1-00"))
        .with_files(pack("P00308000700"))
        .with_files([own_xml("<loadInformation>P00308000700</loadInformation>")]);
    by_name.power_on();
    by_name.run_to_load("P00308000700");
    assert_eq!(by_name.names()[..2], ["OS79XX.TXT", "P00308000700.sbn"]);

    let mut by_config = world(phone("P0M3-07-7-00"))
        .with_files(pack("P0030801SR02").into_iter().filter(|f| f.0 != "OS79XX.TXT"))
        .with_files([
            text("MGCDefault.cnf", "image_version: P0030801SR02"),
            own_xml("<loadInformation>P0030801SR02</loadInformation>"),
        ]);
    by_config.power_on();
    by_config.run_to_load("P0030801SR02");
    assert_eq!(
        by_config.names()[..5],
        ["OS79XX.TXT", "MGCDefault.cnf", "MGC001BD4112233.cnf", "P0030801SR02.loads", "P0030801SR02.sbn"]
    );
}

#[test]
fn a_named_load_that_is_not_there_makes_it_loop() {
    let mut world =
        world(phone("P00308000700")).with_files([own_xml("<loadInformation>P0030801SR02</loadInformation>")]);
    world.power_on();
    world.run_for(400);
    let asked = world.names().iter().filter(|n| **n == "P0030801SR02.loads").count();
    assert!(asked > 3, "{asked}");
    assert_eq!(world.phone.status().message.as_deref(), Some("File not found"));
}

#[test]
fn a_trust_list_makes_it_wish_for_a_signed_configuration_and_refuse_ours() {
    let signed = text("SEP001BD4112233.cnf.xml.sgn", "<device></device>");
    let mut world = world(PhoneSpec { trust_list: true, ..phone("P00308000700") }).with_files([own_xml(""), signed]);
    world.power_on();
    world.run_for(200);
    assert_eq!(
        world.names()[..3],
        ["CTLSEP001BD4112233.tlv", "SEP001BD4112233.cnf.xml.sgn", "SEP001BD4112233.cnf.xml.sgn"]
    );
    assert_eq!(world.phone.status().message.as_deref(), Some("File auth fail"));
}
