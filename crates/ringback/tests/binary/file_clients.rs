//! Stock TFTP and HTTP clients against `serve` on loopback: no rights, ports that the system chooses.

use std::net::{TcpListener, UdpSocket};
use std::path::Path;
use std::process::Command;

use crate::support::{Running, Scratch, have, noise, ringback, run};

const HOST: &str = "127.0.0.1";

/// `serve` with the folder `files` of this scratch folder.
pub(crate) struct Served {
    pub(crate) running: Running,
    pub(crate) tftp: u16,
    pub(crate) http: u16,
    pub(crate) scratch: Scratch,
}

impl Served {
    pub(crate) fn start(files: &[(&str, Vec<u8>)]) -> Served {
        let scratch = Scratch::new();
        let folder = scratch.folder("files");
        for (name, bytes) in files {
            scratch.file(&format!("files/{name}"), bytes);
        }
        // Free a moment ago; nothing else is likely to take them in between.
        let tftp = UdpSocket::bind((HOST, 0)).unwrap().local_addr().unwrap().port();
        let http = TcpListener::bind((HOST, 0)).unwrap().local_addr().unwrap().port();
        let mut serve = ringback(&scratch.folder("state"));
        serve.arg("serve").arg(folder).args(["--iface", "lo", "--ip", "127.0.0.1/8", "--services", "tftp,http"]);
        serve.args(["--any", "--plain", "--tftp-port", &tftp.to_string(), "--http-port", &http.to_string()]);
        let running = Running::start(serve);
        running.line(&["ready"]);
        Served { running, tftp, http, scratch }
    }

    fn got(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.scratch.path().join("got").join(name)).ok()
    }

    /// Runs a client in the folder `got`.
    fn client(&self, tool: &str, args: &[&str]) -> (bool, String) {
        let mut command = Command::new(tool);
        command.args(args).current_dir(self.scratch.folder("got"));
        let (status, said) = run(command);
        (status.success(), said)
    }

    fn hpa(&self, mode: &str, words: &[&str]) -> (bool, String) {
        let port = self.tftp.to_string();
        self.client("tftp", &[&["-m", mode, HOST, &port, "-c"], words].concat())
    }

    fn curl(&self, url: &str, more: &[&str]) -> (bool, String) {
        self.client("curl", &[&["-sS", "-f", "--max-time", "20", url], more].concat())
    }
}

/// Names as phones and people write them, for files that are called otherwise.
const SPELLINGS: [(&str, &str); 6] = [
    ("SEP001122334455.cnf.xml", "SEP001122334455.cnf.xml"),
    ("sep001122334455.CNF.XML", "SEP001122334455.cnf.xml"),
    ("./term65.default.loads", "term65.default.loads"),
    ("/term65.default.loads", "term65.default.loads"),
    ("Desktops/320x212x16/List.xml", "Desktops/320x212x16/List.xml"),
    ("/desktops/320X212x16/list.xml", "Desktops/320x212x16/List.xml"),
];

fn spelled() -> Served {
    let bytes = |name: &str| (name.to_owned(), [name.as_bytes(), &noise(2_000 + name.len())].concat());
    let files: Vec<(String, Vec<u8>)> = SPELLINGS.iter().map(|(_, name)| bytes(name)).collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    Served::start(&files)
}

fn wanted(served: &Served, name: &str) -> Vec<u8> {
    std::fs::read(served.scratch.path().join("files").join(name)).unwrap()
}

#[test]
fn tftp_hpa_gets_every_spelling() {
    if !have(&["tftp"]) {
        return;
    }
    let served = spelled();
    for (at, (asked, name)) in SPELLINGS.iter().enumerate() {
        let to = format!("hpa{at}");
        let (_, said) = served.hpa("octet", &["get", asked, &to]);
        assert_eq!(served.got(&to), Some(wanted(&served, name)), "{asked}: {said}");
    }
}

#[test]
fn busybox_gets_every_spelling_also_in_large_blocks() {
    if !have(&["busybox"]) {
        return;
    }
    let served = spelled();
    let port = served.tftp.to_string();
    for (at, (asked, name)) in SPELLINGS.iter().enumerate() {
        for blocks in [&[][..], &["-b", "1428"]] {
            let to = format!("busybox{at}-{}", blocks.len());
            let (fine, said) =
                served.client("busybox", &[&["tftp", "-g", "-r", asked, "-l", &to], blocks, &[HOST, &port]].concat());
            assert!(fine, "{asked} {blocks:?}: {said}");
            assert_eq!(served.got(&to), Some(wanted(&served, name)), "{asked} {blocks:?}");
        }
    }
}

#[test]
fn curl_gets_every_spelling_by_tftp_and_http() {
    if !have(&["curl"]) {
        return;
    }
    let served = spelled();
    for (at, (asked, name)) in SPELLINGS.iter().enumerate() {
        // A URL's path begins with a slash of its own; TFTP clients leave it out.
        for (scheme, port) in [("tftp", served.tftp), ("http", served.http)] {
            let to = format!("curl{at}-{scheme}");
            let (fine, said) = served.curl(&format!("{scheme}://{HOST}:{port}/{asked}"), &["--path-as-is", "-o", &to]);
            assert!(fine, "{scheme} {asked}: {said}");
            assert_eq!(served.got(&to), Some(wanted(&served, name)), "{scheme} {asked}");
        }
    }
}

#[test]
fn a_file_of_more_than_65535_blocks_arrives_whole() {
    if !have(&["tftp", "curl"]) {
        return;
    }
    let big = noise(40 << 20);
    let served = Served::start(&[("big.bin", big.clone())]);
    let (_, said) = served.hpa("octet", &["get", "big.bin", "hpa"]);
    assert!(served.got("hpa").as_ref() == Some(&big), "tftp-hpa at 512 bytes: {said}");
    let (fine, said) = served.curl(&format!("http://{HOST}:{}/big.bin", served.http), &["-o", "http"]);
    assert!(fine && served.got("http").as_ref() == Some(&big), "http: {said}");
}

#[test]
fn netascii_comes_out_as_text() {
    if !have(&["tftp"]) {
        return;
    }
    let text = "one\ntwo\r\nthree\rfour\n".repeat(200);
    let served = Served::start(&[("text.txt", text.clone().into_bytes())]);
    let (_, said) = served.hpa("netascii", &["get", "text.txt", "text"]);
    assert_eq!(served.got("text").map(|b| String::from_utf8(b).unwrap()), Some(text), "{said}");
}

#[test]
fn a_missing_file_is_every_clients_own_error() {
    if !have(&["tftp", "busybox", "curl"]) {
        return;
    }
    let served = Served::start(&[]);
    let (_, said) = served.hpa("octet", &["get", "nothing.cnf", "hpa"]);
    assert!(said.to_ascii_lowercase().contains("file not found"), "{said}");
    let port = served.tftp.to_string();
    let (fine, said) = served.client("busybox", &["tftp", "-g", "-r", "nothing.cnf", "-l", "busybox", HOST, &port]);
    assert!(!fine && said.to_ascii_lowercase().contains("file not found"), "{said}");
    let (fine, said) = served.curl(&format!("tftp://{HOST}:{port}/nothing.cnf"), &["-o", "curl"]);
    assert!(!fine && said.contains("curl: (68)"), "{said}");
    let (fine, said) = served.curl(&format!("http://{HOST}:{}/nothing.cnf", served.http), &["-o", "http"]);
    assert!(!fine && said.contains("404"), "{said}");
    served.running.line(&["nothing.cnf", "RB210"]);
}

#[test]
fn nothing_is_uploaded_by_a_server_that_takes_no_uploads() {
    if !have(&["tftp", "curl"]) {
        return;
    }
    let served = Served::start(&[("there.txt", b"before".to_vec())]);
    served.scratch.file("got/there.txt", b"after");
    let (_, said) = served.hpa("octet", &["put", "there.txt"]);
    assert!(said.contains("Error code 4"), "{said}");
    let url = format!("http://{HOST}:{}/there.txt", served.http);
    let (fine, said) = served.curl(&url, &["-T", "there.txt"]);
    assert!(!fine && said.contains("405"), "{said}");
    served.running.line(&["there.txt", "RB212"]);
    assert_eq!(wanted(&served, "there.txt"), b"before");
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused_by_http() {
    if !have(&["curl"]) {
        return;
    }
    let served = Served::start(&[("inside.txt", b"inside".to_vec())]);
    served.scratch.file("secret.txt", b"outside");
    let out = Path::new("/etc/passwd");
    assert!(out.exists());
    for path in [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "%2e%2e%5csecret.txt",
        "a/../../secret.txt",
        "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/etc/passwd",
        "inside.txt%00.xml",
    ] {
        let url = format!("http://{HOST}:{}/{path}", served.http);
        let mut command = Command::new("curl");
        command.args(["-sS", "--path-as-is", "--max-time", "20", "-w", "\n%{http_code}", &url]);
        let (_, said) = run(command);
        assert!(said.ends_with("404") || said.ends_with("400"), "{path}: {said}");
        assert!(!said.contains("outside") && !said.contains("root:"), "{path}: {said}");
    }
}
