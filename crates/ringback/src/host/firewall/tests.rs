use super::*;

fn nft(policy: &str, rules: &str) -> String {
    format!(
        r#"{{"nftables":[{{"metainfo":{{"version":"1.0.6"}}}},{{"table":{{"family":"inet","name":"filter","handle":1}}}},
        {{"chain":{{"family":"inet","table":"filter","name":"input","type":"filter","hook":"input","prio":0,"policy":"{policy}"}}}},
        {{"chain":{{"family":"inet","table":"filter","name":"forward","type":"filter","hook":"forward","prio":0,"policy":"drop"}}}}{rules}]}}"#
    )
}

fn rule(expressions: &str) -> String {
    format!(r#",{{"rule":{{"family":"inet","table":"filter","chain":"input","handle":4,"expr":[{expressions}]}}}}"#)
}

const ESTABLISHED: &str =
    r#"{"match":{"op":"in","left":{"ct":{"key":"state"}},"right":["established","related"]}},{"accept":null}"#;

#[test]
fn no_rules_keep_nobody_out() {
    for (tables, chains) in [(None, None), (Some(nft("accept", "")), Some(""))] {
        let verdict = judge("eth1", tables.as_deref(), chains);
        assert_eq!(verdict, Verdict::default());
    }
}

#[test]
fn a_server_s_usual_rules_keep_phones_out_and_the_line_is_told() {
    let verdict = judge("eth1", Some(&nft("drop", &rule(ESTABLISHED))), None);
    assert_eq!(verdict.by, ["nftables"]);
    assert_eq!(verdict.dropped.len(), 7, "acknowledgements come in: {:?}", verdict.dropped);
    assert_eq!(
        verdict.missing,
        [
            "sudo nft insert rule inet filter input iifname \"eth1\" udp dport { 67, 69, 53, 123, 5060 } accept",
            "sudo nft insert rule inet filter input iifname \"eth1\" tcp dport { 80, 2000 } accept"
        ]
    );
}

#[test]
fn ports_sets_interfaces_and_maps_are_understood() {
    let by_map = rule(
        r#"{"vmap":{"key":{"ct":{"key":"state"}},"data":{"set":[["established",{"accept":null}],["invalid",{"drop":null}]]}}}"#,
    );
    let ports = |iface: &str| {
        rule(&format!(
            r#"{{"match":{{"op":"==","left":{{"meta":{{"key":"iifname"}}}},"right":"{iface}"}}}},
            {{"match":{{"op":"==","left":{{"payload":{{"protocol":"udp","field":"dport"}}}},"right":{{"set":[{{"range":[67,69]}},123,"domain"]}}}}}},
            {{"counter":{{"packets":0,"bytes":0}}}},{{"accept":null}}"#
        ))
    };
    let verdict = judge("eth1", Some(&nft("drop", &(by_map.clone() + &ports("eth*")))), None);
    assert_eq!(verdict.dropped, ["requests for files (HTTP)", "registration (SIP)", "registration (SCCP)"]);
    let verdict = judge("eth1", Some(&nft("drop", &(by_map + &ports("eth0")))), None);
    assert_eq!(verdict.dropped.len(), 7);
    let odd = rule(r#"{"match":{"op":"==","left":{"meta":{"key":"cgroup"}},"right":7}},{"accept":null}"#);
    let verdict = judge("eth1", Some(&nft("accept", &odd)), None);
    assert!(verdict.dropped.is_empty() && verdict.unsure.len() == 1, "{verdict:?}");
}

#[test]
fn iptables_with_chains_of_its_own() {
    let save = |rules: &str| {
        format!(
            "*nat\n:INPUT DROP [0:0]\nCOMMIT\n*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:mine - [0:0]\n{rules}\nCOMMIT\n"
        )
    };
    let text = save(
        "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n\
         -A INPUT -i lo -j ACCEPT\n\
         -A INPUT -j mine\n\
         -A mine -i eth1 -p udp -m multiport --dports 67:69,123 -m comment --comment \"for the phones\" -j ACCEPT\n\
         -A mine ! -i eth1 -j ACCEPT\n\
         -A mine -s 10.0.0.0/8 -p udp -m udp --dport 53 -j ACCEPT",
    );
    let verdict = judge("eth1", None, Some(&text));
    assert_eq!(verdict.by, ["iptables"]);
    assert_eq!(verdict.dropped, ["requests for files (HTTP)", "registration (SIP)", "registration (SCCP)"]);
    assert_eq!(
        verdict.missing,
        [
            "sudo iptables -I INPUT -i eth1 -p udp -m multiport --dports 5060 -j ACCEPT",
            "sudo iptables -I INPUT -i eth1 -p tcp -m multiport --dports 80,2000 -j ACCEPT"
        ]
    );
    assert!(judge("eth0", None, Some(&text)).dropped.is_empty());
    let verdict = judge("eth1", None, Some(&save("-A INPUT -m owner --uid-owner 7 -j ACCEPT")));
    assert_eq!(verdict.dropped.len(), 8);
    assert_eq!(verdict.unsure, ["a rule of INPUT looks at --uid-owner"]);
}

#[test]
fn who_writes_the_rules_is_told_to_change_them() {
    let text = "*filter\n:INPUT DROP [0:0]\n:ufw-user-input - [0:0]\n-A INPUT -j ufw-user-input\nCOMMIT\n";
    let verdict = judge("eth1", None, Some(text));
    assert_eq!(verdict.missing, ["sudo ufw allow in on eth1"]);
    let tables = nft("accept", "")
        .replace("\"filter\",\"name\":\"input\"", "\"firewalld\",\"name\":\"input\"")
        .replace("accept", "drop");
    let verdict = judge("eth1", Some(&tables), None);
    assert_eq!(verdict.missing, ["sudo firewall-cmd --zone=trusted --change-interface=eth1"]);
}

#[test]
fn any_answer_of_a_tool_is_survived() {
    for text in [
        "",
        "{",
        "[]",
        "{\"nftables\":7}",
        "*filter\n:INPUT\n-A INPUT -p\n-A\n-A INPUT -s x -j DROP\n-A INPUT -j INPUT",
    ] {
        let _ = judge("eth1", Some(text), Some(text));
    }
}
