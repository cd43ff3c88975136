//! The computer's disks: what `/sys/block` says of each, and who uses it now.
//!
//! Everything is read below a root, so that a made-up tree can stand for a computer.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use proto::text::escape_short;

/// Bytes of a sector as `/sys` counts them, whatever the disk's own are.
const SYS_SECTOR: u64 = 512;
/// SCSI's number for CD drives in `device/type`.
const CD_DRIVE: &str = "5";
/// Kernel devices that are no disks one could unplug.
const NO_DISKS: [&str; 9] = ["loop", "ram", "zram", "dm-", "md", "nbd", "sr", "fd", "mtdblock"];

/// A disk with everything that decides whether it may be written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Disk {
    /// The kernel's name: `sdb`.
    pub(crate) name: String,
    /// Where it is opened.
    pub(crate) device: PathBuf,
    /// Its device number, major and minor.
    pub(crate) number: Option<(u32, u32)>,
    /// Vendor and model as it calls itself, escaped.
    pub(crate) model: String,
    /// Bytes; 0 for a reader without a card.
    pub(crate) bytes: u64,
    /// Bytes of its own sectors.
    pub(crate) sector: u64,
    /// The kernel says that its medium can be taken out.
    pub(crate) removable: bool,
    /// It hangs on USB.
    pub(crate) usb: bool,
    /// It cannot be written to.
    pub(crate) read_only: bool,
    /// Its partitions' names.
    pub(crate) partitions: Vec<String>,
    /// Where it or a partition of it is mounted: (name, folder).
    pub(crate) mounts: Vec<(String, String)>,
    /// It or a partition of it is swap space.
    pub(crate) swap: bool,
    /// What is built on it: encrypted or combined volumes.
    pub(crate) holders: Vec<String>,
}

impl Disk {
    /// Whether it can be unplugged: the kernel calls it removable, or it hangs on USB.
    pub(crate) fn can_be_unplugged(&self) -> bool {
        self.removable || self.usb
    }

    /// Whether this computer runs from it.
    pub(crate) fn is_the_systems(&self) -> bool {
        let own = |folder: &str| folder == "/" || folder == "/usr" || folder == "/nix" || folder.starts_with("/boot");
        self.swap || self.mounts.iter().any(|(_, folder)| own(folder))
    }

    /// Its name and size for people.
    pub(crate) fn words(&self) -> String {
        let model = if self.model.is_empty() { "a disk without a name" } else { &self.model };
        format!("{}: {model}, {}", self.name, size(self.bytes))
    }
}

/// A size for people, as it is printed on sticks.
pub(crate) fn size(bytes: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit / (unit / 10));
    match bytes {
        0..1_000_000 => format!("{bytes} bytes"),
        1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
        _ => format!("{} GB", tenths(1_000_000_000)),
    }
}

/// The folder that `/sys`, `/proc` and `/dev` are looked for in: `/`, or a made-up computer.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    root: PathBuf,
}

impl Host {
    /// This computer, or what stands for one.
    pub(crate) fn at(root: &Path) -> Host {
        Host { root: root.to_owned() }
    }

    /// Whether it is made up.
    pub(crate) fn is_made_up(&self) -> bool {
        self.root != Path::new("/")
    }

    /// Every disk, by name. What cannot be read is left out; a computer without `/sys` has none.
    pub(crate) fn disks(&self) -> Vec<Disk> {
        let Ok(entries) = fs::read_dir(self.root.join("sys/block")) else { return Vec::new() };
        let mounts = mounts(&self.root);
        let swaps = swaps(&self.root);
        let mut disks: Vec<Disk> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let name = entry.file_name().to_str()?.to_owned();
                if NO_DISKS.iter().any(|n| name.starts_with(n)) {
                    return None;
                }
                self.disk(&entry.path().canonicalize().ok()?, &name, &mounts, &swaps)
            })
            .collect();
        disks.sort_by(|a, b| a.name.cmp(&b.name));
        disks
    }

    /// The path as a name of a disk or partition: `/dev/sdb`, `sdb`, or a link to it.
    pub(crate) fn name_of(&self, device: &str) -> String {
        let dev = self.root.join("dev");
        let below = device.strip_prefix("/dev/").unwrap_or(device).trim_start_matches('/');
        let path = dev.join(below);
        let real = path.canonicalize().ok();
        let inside = real.as_deref().and_then(|r| r.strip_prefix(dev.canonicalize().ok()?).ok().map(Path::to_owned));
        inside.unwrap_or_else(|| PathBuf::from(below)).to_string_lossy().into_owned()
    }

    fn disk(&self, path: &Path, name: &str, mounts: &[Mount], swaps: &BTreeSet<String>) -> Option<Disk> {
        let text = |file: &str| text(&path.join(file));
        let flag = |file: &str| text(file) == "1";
        if text("device/type") == CD_DRIVE {
            return None;
        }
        let sectors: u64 = text("size").parse().ok()?;
        let mut parts = vec![(name.to_owned(), path.to_owned())];
        for entry in fs::read_dir(path).ok()?.flatten() {
            if entry.path().join("partition").is_file()
                && let Some(part) = entry.file_name().to_str()
            {
                parts.push((part.to_owned(), entry.path()));
            }
        }
        parts.sort();
        let mut disk = Disk {
            name: name.to_owned(),
            device: self.root.join("dev").join(name),
            number: number(&text("dev")),
            model: format!("{} {}", text("device/vendor"), text("device/model")).trim().to_owned(),
            bytes: sectors.saturating_mul(SYS_SECTOR),
            sector: text("queue/logical_block_size").parse().unwrap_or(SYS_SECTOR),
            removable: flag("removable"),
            usb: path.components().any(|c| is_usb_bus(c.as_os_str().to_str().unwrap_or_default())),
            read_only: flag("ro"),
            ..Disk::default()
        };
        for (part, path) in parts {
            let number = number(&self::text(&path.join("dev")));
            let here = mounts.iter().filter(|m| (number.is_some() && m.number == number) || m.source == part);
            disk.mounts.extend(here.map(|m| (part.clone(), m.folder.clone())));
            disk.swap |= swaps.contains(&part);
            disk.holders.extend(names(&path.join("holders")));
            if part != name {
                disk.partitions.push(part);
            }
        }
        Some(disk)
    }
}

/// `usb1`, `usb2`: the root of a bus in a device's path.
fn is_usb_bus(part: &str) -> bool {
    part.strip_prefix("usb").is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}

/// A file of `/sys`: one short line. It may come from the disk itself.
fn text(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    escape_short(line.trim_ascii(), 60)
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|e| escape_short(e.file_name().as_bytes(), 60)).collect()
}

/// `8:16`.
fn number(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once(':')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

struct Mount {
    number: Option<(u32, u32)>,
    /// The last component of what is mounted.
    source: String,
    folder: String,
}

/// `/proc/self/mountinfo` (proc(5)): number in the third field, folder in the fifth, source behind the dash.
fn mounts(root: &Path) -> Vec<Mount> {
    let text = fs::read(root.join("proc/self/mountinfo")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let one = |line: &str| {
        let (before, behind) = line.split_once(" - ")?;
        let mut before = before.split(' ');
        let number = number(before.nth(2)?);
        let folder = plain(before.nth(1)?);
        let source = plain(behind.split(' ').nth(1)?);
        let source = source.strip_prefix("/dev/").unwrap_or_default().to_owned();
        Some(Mount { number, source, folder: escape_short(folder.as_bytes(), 200) })
    };
    text.lines().filter_map(one).collect()
}

fn swaps(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join("proc/swaps")).unwrap_or_default();
    let first = text.lines().skip(1).filter_map(|l| l.split_whitespace().next());
    first.filter_map(|p| p.strip_prefix("/dev/").map(str::to_owned)).collect()
}

/// Blanks and their kind stand as `\040` there.
fn plain(text: &str) -> String {
    let mut out = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 4).and_then(|d| std::str::from_utf8(d).ok());
        match digits.filter(|_| byte == b'\\').and_then(|d| u8::from_str_radix(d, 8).ok()) {
            Some(escaped) => {
                out.push(escaped);
                at += 4;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::scratch::Scratch;

    /// A made-up disk in a made-up computer. `path` says on which bus it hangs.
    pub(crate) fn make(scratch: &Scratch, path: &str, name: &str, sectors: u64, removable: bool) {
        let folder = format!("sys/devices/{path}/block/{name}");
        for (file, text) in [
            ("size", sectors.to_string()),
            ("removable", u8::from(removable).to_string()),
            ("ro", "0".to_owned()),
            ("dev", format!("8:{}", 16 * u32::from(name.as_bytes()[2] - b'a'))),
            ("device/vendor", "Made Up ".to_owned()),
            ("device/model", format!("Stick {name}   ")),
            ("device/type", "0".to_owned()),
        ] {
            scratch.file(&format!("{folder}/{file}"), format!("{text}\n").as_bytes());
        }
        let links = scratch.path().join("sys/block");
        fs::create_dir_all(&links).unwrap();
        std::os::unix::fs::symlink(scratch.path().join(&folder), links.join(name)).unwrap();
    }

    #[test]
    fn a_computer_is_read_from_its_files() {
        let scratch = Scratch::new("disks");
        make(&scratch, "pci0/ata1", "sda", 1_000_000, false);
        make(&scratch, "pci0/usb2/2-1", "sdb", 15_728_640, true);
        scratch.file("sys/devices/pci0/usb2/2-1/block/sdb/sdb1/partition", b"1\n");
        scratch.file("sys/devices/pci0/usb2/2-1/block/sdb/sdb1/dev", b"8:17\n");
        scratch.file("sys/devices/pci0/usb2/2-1/block/sdb/sdb1/holders/dm-3/x", b"");
        scratch.file("sys/devices/virtual/block/loop0/size", b"9\n");
        let mountinfo = "22 1 0:21 / /proc rw - proc proc rw\n\
            36 22 8:17 / /media/my\\040stick rw,noatime - vfat /dev/sdb1 rw\n\
            37 22 0:44 / /home rw - btrfs /dev/sda rw\n";
        scratch.file("proc/self/mountinfo", mountinfo.as_bytes());
        scratch.file("proc/swaps", b"Filename Type Size\n/dev/sda partition 99\n");
        let disks = Host::at(scratch.path()).disks();
        assert_eq!(disks.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["sda", "sdb"]);
        let [disk, stick] = disks.as_slice() else { panic!() };
        assert!(!disk.can_be_unplugged() && disk.is_the_systems() && disk.swap);
        assert_eq!(disk.mounts, [("sda".to_owned(), "/home".to_owned())]);
        assert!(stick.removable && stick.usb && !stick.is_the_systems());
        assert_eq!(stick.mounts, [("sdb1".to_owned(), "/media/my stick".to_owned())]);
        assert_eq!(stick.partitions, ["sdb1"]);
        assert_eq!(stick.holders, ["dm-3"]);
        assert_eq!(stick.number, Some((8, 16)));
        assert_eq!(stick.words(), "sdb: Made Up Stick sdb, 8.0 GB");
    }

    #[test]
    fn names_are_found_in_every_spelling() {
        let scratch = Scratch::new("names");
        scratch.file("dev/sdb", b"");
        fs::create_dir_all(scratch.path().join("dev/disk/by-id")).unwrap();
        std::os::unix::fs::symlink("../../sdb", scratch.path().join("dev/disk/by-id/usb-x")).unwrap();
        let host = Host::at(scratch.path());
        for spelling in ["sdb", "/dev/sdb", "/dev/disk/by-id/usb-x"] {
            assert_eq!(host.name_of(spelling), "sdb", "{spelling}");
        }
        assert_eq!(host.name_of("/dev/sdz9"), "sdz9");
    }

    #[test]
    fn a_computer_without_sys_has_no_disks() {
        assert!(Host::at(Path::new("/no/such/computer")).disks().is_empty());
    }
}
