use super::*;
use crate::observe::Seen;

/// What a log comes to, in short: `name: what became of it`.
fn story(lines: &[&str]) -> Vec<String> {
    let (profiles, problems) = Profiles::built_in();
    assert!(problems.is_empty(), "{problems:?}");
    let (mut log, mut out) = (Log::default(), Vec::new());
    for line in lines {
        log.line(line.as_bytes(), &profiles, &mut out);
    }
    log.end(&mut out);
    assert_eq!(log.counts.unknown, 0, "{:?}", log.counts);
    out.iter()
        .map(|heard| match &heard.seen {
            Seen::Dhcp { kind, vendor_class, .. } => format!("{kind} {}", vendor_class.as_deref().unwrap_or("-")),
            Seen::DhcpOffered { address } => format!("offered {address}"),
            Seen::DhcpBound { address } => format!("has {address}"),
            Seen::FileAsked { name, from, .. } => format!("{from} asks {name}"),
            Seen::FileServed { name, .. } => format!("gets {name}"),
            Seen::FileDone { name, bytes, .. } => format!("has {name} {bytes}"),
            Seen::FileRefused { name, code, .. } => format!("{code} {name}"),
            Seen::FileFailed { name, why, .. } => format!("failed {name}: {why}"),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn tftpd32() {
    let found = story(&[
        "Rcvd DHCP Discover Msg for IP 0.0.0.0, Mac 00:11:BB:73:AD:61 [22/11 06:10:01.201]",
        "Client requested address 10.0.0.7 [22/11 06:10:01.201]",
        "DHCP: proposed address 10.0.0.9 [22/11 06:10:01.202]",
        "1240 Request 2 not processed [22/11 06:10:01.300]",
        "Rcvd DHCP Rqst Msg for IP 0.0.0.0, Mac 00:11:BB:73:AD:61 [22/11 06:10:02.201]",
        "Previously allocated address acked [22/11 06:10:02.202]",
        "Connection received from 10.0.0.9 on port 49152 [22/11 06:10:03.000]",
        "Read request for file <SEP0011BB73AD61.cnf.xml>. Mode octet [22/11 06:10:03.000]",
        "OACK: <blksize=1428,> [22/11 06:10:03.000]",
        "Using local port 50123 [22/11 06:10:03.000]",
        "<SEP0011BB73AD61.cnf.xml>: sent 3 blks, 4012 bytes in 0 s. 1 blk resent [22/11 06:10:03.090]",
        "Connection received from 10.0.0.9 on port 49153 [22/11 06:10:04.000]",
        "Read request for file <55i.st>. Mode octet [22/11 06:10:04.000]",
        "Peer returns ERROR <Undefined error> -> aborting transfer [22/11 06:10:05.000]",
        "Connection received from 10.0.0.9 on port 49154 [22/11 06:10:06.000]",
        "Read request for file <a/b.loads>. Mode octet [22/11 06:10:06.000]",
        "File <a\\b.loads> : error 2 in system call CreateFile The system cannot find the file specified. [22/11 06:10:06.000]",
    ]);
    assert_eq!(
        found,
        [
            "Discover -",
            "offered 10.0.0.9",
            "Request -",
            "has 10.0.0.9",
            "10.0.0.9 asks SEP0011BB73AD61.cnf.xml",
            "gets SEP0011BB73AD61.cnf.xml",
            "has SEP0011BB73AD61.cnf.xml 4012",
            "10.0.0.9 asks 55i.st",
            "gets 55i.st",
            "failed 55i.st: the phone said \"Undefined error\"",
            "10.0.0.9 asks a/b.loads",
            "RB210 a/b.loads",
        ]
    );
}

#[test]
fn dnsmasq_with_and_without_log_dhcp() {
    let found = story(&[
        "Nov 22 06:10:01 pbx dnsmasq[9]: started, version 2.90 DNS disabled",
        "Nov 22 06:10:01 pbx dnsmasq-dhcp[9]: 3974 available DHCP range: 10.0.0.50 -- 10.0.0.200",
        "Nov 22 06:10:01 pbx dnsmasq-dhcp[9]: 3974 vendor class: Cisco Systems, Inc. IP Phone CP-7965G",
        "Nov 22 06:10:01 pbx dnsmasq-dhcp[9]: 3974 DHCPDISCOVER(eth0) 00:11:bb:73:ad:61",
        "Nov 22 06:10:01 pbx dnsmasq-dhcp[9]: 3974 tags: eth0",
        "dnsmasq-dhcp: DHCPOFFER(eth0) 10.0.0.60 00:11:bb:73:ad:61",
        "dnsmasq-dhcp: DHCPREQUEST(eth0) 10.0.0.60 00:11:bb:73:ad:61",
        "dnsmasq-dhcp: DHCPACK(eth0) 10.0.0.60 00:11:bb:73:ad:61 SEP0011BB73AD61",
        "dnsmasq-tftp[9]: file /srv/tftp/CTLSEP0011BB73AD61.tlv not found for 10.0.0.60",
        "dnsmasq-tftp[9]: sent /srv/tftp/SEP0011BB73AD61.cnf.xml to 10.0.0.60",
        "dnsmasq-tftp[9]: failed sending /srv/tftp/SCCP45.9-4-2SR1-1S.loads to 10.0.0.60",
        "dnsmasq[9]: query[A] pool.ntp.org from 10.0.0.60",
    ]);
    assert_eq!(
        found,
        [
            "Discover Cisco Systems, Inc. IP Phone CP-7965G",
            "offered 10.0.0.60",
            "Request -",
            "has 10.0.0.60",
            "10.0.0.60 asks CTLSEP0011BB73AD61.tlv",
            "RB210 CTLSEP0011BB73AD61.tlv",
            "10.0.0.60 asks SEP0011BB73AD61.cnf.xml",
            "gets SEP0011BB73AD61.cnf.xml",
            "has SEP0011BB73AD61.cnf.xml 0",
            "10.0.0.60 asks SCCP45.9-4-2SR1-1S.loads",
            "gets SCCP45.9-4-2SR1-1S.loads",
            "failed SCCP45.9-4-2SR1-1S.loads: the server gave it up",
        ]
    );
}

#[test]
fn tftpd_hpa_says_nothing_of_good_ends() {
    let found = story(&[
        "<29>Nov 22 06:38:21 in.tftpd[52]: RRQ from 10.0.0.9 filename a.loads",
        "<29>Nov 22 06:38:21 in.tftpd[54]: RRQ from 10.0.0.9 filename none.tlv",
        "<30>Nov 22 06:38:21 in.tftpd[54]: sending NAK (1, File not found) to 10.0.0.9",
        "<29>Nov 22 06:38:22 in.tftpd[56]: RRQ from 10.0.0.9 filename b.loads remapped to /b.loads",
        "<29>Nov 22 06:38:27 in.tftpd[58]: RRQ from 10.0.0.9 filename b.loads",
    ]);
    assert_eq!(
        found,
        [
            "10.0.0.9 asks a.loads",
            "gets a.loads",
            "has a.loads 0",
            "10.0.0.9 asks none.tlv",
            "RB210 none.tlv",
            "10.0.0.9 asks b.loads",
            "10.0.0.9 asks b.loads",
            "gets b.loads",
        ],
        "what is asked for again did not arrive"
    );
}

#[test]
fn atftpd_tells_as_much_as_it_is_asked_to() {
    let found = story(&[
        "Nov 22 06:38:22 pbx atftpd[22959.140]: Serving have.loads to 10.0.0.9:58532",
        "Nov 22 06:38:22 pbx atftpd[22959.140]: blksize option -> 512",
        "Nov 22 06:38:22 pbx atftpd[22959.140]: End of transfer",
        "Nov 22 06:38:22 pbx atftpd[22959.141]: Serving none.loads to 10.0.0.9:33852",
        "Nov 22 06:38:22 pbx atftpd[22959.141]: File /srv/tftp/none.loads not found",
        "Nov 22 06:38:22 pbx atftpd[22959.142]: Serving more.loads to 10.0.0.9:33853",
    ]);
    assert_eq!(
        found,
        [
            "10.0.0.9 asks have.loads",
            "gets have.loads",
            "has have.loads 0",
            "10.0.0.9 asks none.loads",
            "RB210 none.loads",
            "10.0.0.9 asks more.loads",
        ]
    );
}

#[test]
fn tftpserver_of_macos() {
    let found = story(&[
        "[2026-11-22 06:10:11 +0000] 'OS79XX.TXT' of type 'octet' is requested from 10.0.0.9:50123",
        "I'm already processing the request from 10.0.0.9:50123",
        "⬆ Transfer of 'OS79XX.TXT' finished.",
    ]);
    assert_eq!(found, ["10.0.0.9 asks OS79XX.TXT", "gets OS79XX.TXT", "has OS79XX.TXT 0"]);
}

#[test]
fn servers_in_plain_words() {
    let found = story(&[
        "11/22/2026 6:10:11 AM :Sent SEP0011BB73AD61.cnf.xml to (10.0.0.9), 4012 bytes",
        "11/22/2026 6:10:12 AM :File not found: C:\\TFTP-Root\\CTLSEP0011BB73AD61.tlv (10.0.0.9)",
        "Nov 22, 2026 06:10:13 10.0.0.9 Read request for file \"SCCP45.9-4-2SR1-1S.loads\"",
        "Nov 22, 2026 06:10:19 10.0.0.9 Transfer of SCCP45.9-4-2SR1-1S.loads timed out",
    ]);
    assert_eq!(
        found[..3],
        ["10.0.0.9 asks SEP0011BB73AD61.cnf.xml", "gets SEP0011BB73AD61.cnf.xml", "has SEP0011BB73AD61.cnf.xml 4012"]
    );
    assert_eq!(found[3..5], ["10.0.0.9 asks CTLSEP0011BB73AD61.tlv", "RB210 CTLSEP0011BB73AD61.tlv"]);
    assert_eq!(found[5], "10.0.0.9 asks SCCP45.9-4-2SR1-1S.loads");
    assert!(found[7].starts_with("failed SCCP45"), "{found:?}");
}

#[test]
fn what_nobody_knows_is_counted() {
    let (profiles, _) = Profiles::built_in();
    let (mut log, mut out) = (Log::default(), Vec::new());
    for line in [
        "",
        "Nov 22 06:10:11 pbx sshd[1]: Connection closed by 10.0.0.3",
        "\u{1b}[2J\0\u{ffff}",
        "10.0.0.9 read a book",
    ] {
        log.line(line.as_bytes(), &profiles, &mut out);
    }
    assert!(out.is_empty(), "{out:?}");
    assert_eq!((log.counts.lines, log.counts.empty, log.counts.unknown), (4, 1, 3));
}
