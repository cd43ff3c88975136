//! `ringback stick`: images that stock tools agree with, sticks that are refused, a writer that is killed.

use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use sim::firmware::rom::{RomSpec, part, rom};

use crate::support::{Running, Scratch, have, note, ringback, run, skip, which};

/// Where the partition begins on every stick.
const START: u64 = 1 << 20;
/// A writer on the slowest machine.
const LONG: Duration = Duration::from_secs(120);

/// Every tool that looks at what was written.
const WITNESSES: [&str; 4] = ["fsck.fat", "mdir", "mcopy", "7z"];

/// The three files of a phone's loader in a folder, with these names and sizes; the `.rom` says that it is of
/// this device and version.
fn package_of(scratch: &Scratch, folder: &str, device: &str, version: &str, files: [(&str, usize); 3]) -> PathBuf {
    for (name, size) in files {
        let bytes = if name.to_ascii_lowercase().ends_with(".rom") {
            rom(&RomSpec::new(device, version, size))
        } else {
            part(name, size)
        };
        scratch.file(&format!("{folder}/{name}"), bytes);
    }
    scratch.path().join(folder)
}

/// The files of a T46G.
fn package(scratch: &Scratch, files: [(&str, usize); 3]) -> PathBuf {
    package_of(scratch, "package", "T46", "28.83.0.120", files)
}

/// As long as this, so that a kill comes in the middle.
fn long(scratch: &Scratch, bytes: u64) -> PathBuf {
    let folder = package(scratch, SMALL);
    std::fs::File::options().write(true).open(folder.join("T46.rom")).unwrap().set_len(bytes).unwrap();
    folder
}

const SMALL: [(&str, usize); 3] = [("T46.bin", 70_000), ("T46.rfs", 1_000_000), ("T46.rom", 2_000_000)];

fn stick(scratch: &Scratch, args: &[&str]) -> Command {
    let mut command = ringback(&scratch.path().join("state"));
    command.arg("stick").args(args);
    command
}

/// What a stock tool says; it must be content.
#[track_caller]
fn tool(name: &str, args: &[&str]) -> String {
    let out = Command::new(which(name).unwrap()).args(args).env("MTOOLS_SKIP_CHECK", "1").output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{name} {args:?}: {said}");
    said
}

/// The partition of a stick as a file of its own, by its partition table.
fn partition(scratch: &Scratch, disk: &Path) -> PathBuf {
    let bytes = std::fs::read(disk).unwrap();
    assert_eq!(bytes[510..512], [0x55, 0xaa], "a partition table");
    let number = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()));
    assert_eq!(bytes[450], 0x0c, "one FAT32 partition");
    assert!(bytes[462..510].iter().all(|b| *b == 0), "and no other");
    let (start, sectors) = (number(454), number(458));
    assert_eq!(start * 512, START);
    assert!((start + sectors) * 512 <= bytes.len() as u64);
    let range = usize::try_from(start * 512).unwrap()..usize::try_from((start + sectors) * 512).unwrap();
    scratch.file("partition", &bytes[range])
}

/// Stock tools find a sound file system there, with these files and nothing else. Three readers that have nothing
/// in common: mtools, fsck.fat, and 7z, which finds the partition by its table as a boot loader does.
fn agrees(scratch: &Scratch, disk: &Path, folder: &Path, names: &[&str]) {
    let at = format!("{}@@1M", disk.display());
    let part = partition(scratch, disk);
    let said = tool("fsck.fat", &["-n", "-v", part.to_str().unwrap()]);
    assert!(said.contains("4 files") || said.contains(&format!("{} files", names.len() + 1)), "{said}");
    assert!(!said.contains("Free cluster summary wrong") && !said.contains("differ"), "{said}");
    let listed = tool("mdir", &["-b", "-i", &at, "::/"]);
    assert_eq!(listed.lines().count(), names.len(), "{listed}");
    for name in names {
        assert!(listed.contains(&format!("::/{name}")), "{listed}");
        let copy = scratch.path().join("copied");
        let _ = std::fs::remove_file(&copy);
        tool("mcopy", &["-n", "-i", &at, &format!("::/{name}"), copy.to_str().unwrap()]);
        assert!(std::fs::read(&copy).unwrap() == std::fs::read(folder.join(name)).unwrap(), "{name}");
    }
    let listed = tool("7z", &["l", disk.to_str().unwrap()]);
    assert!(listed.contains("Type = MBR") && listed.contains("File System = FAT32"), "{listed}");
    let out = scratch.folder("unpacked");
    tool("7z", &["x", "-y", &format!("-o{}", out.display()), disk.to_str().unwrap()]);
    let mut found: Vec<String> =
        std::fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    found.sort_unstable();
    let mut wanted = names.to_vec();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    for name in names {
        assert!(std::fs::read(out.join(name)).unwrap() == std::fs::read(folder.join(name)).unwrap(), "7z: {name}");
    }
    std::fs::remove_dir_all(out).unwrap();
}

#[test]
fn images_for_five_models_are_what_stock_tools_expect() {
    if !have(&WITNESSES) {
        return;
    }
    for (model, device, version, files) in [
        ("T46G", "T46", "28.83.0.120", [("T46.bin", 262_144), ("T46.rfs", 400_000), ("T46.rom", 1_181_264)]),
        (
            "T48S",
            "T46S",
            "66.86.0.15",
            [("T48S.bin", 70_001), ("T48S.rfs", 64), ("T46S(T48S,T42S,T41S)-66.86.0.15.rom", 1_159_607)],
        ),
        ("T29G", "T29", "46.83.0.120", [("t29.bin", 300_000), ("t29.rfs", 250_001), ("t29.ROM", 1_061_844)]),
        (
            "T54W",
            "T54W",
            "96.86.0.45",
            [("T54W.bin", 4_096), ("T54W.rfs", 600_000), ("T54W(T57W)-96.86.0.45(20211130).rom", 2_153_612)],
        ),
        ("CP960", "CP960", "73.84.0.10", [("CP960.bin", 512), ("CP960.rfs", 100_000), ("CP960.rom", 1_500_000)]),
    ] {
        let scratch = Scratch::new();
        let folder = package_of(&scratch, "package", device, version, files);
        let image = scratch.path().join("stick.img");
        let args = [model, "--from", folder.to_str().unwrap(), "--image", image.to_str().unwrap()];
        let (status, said) = Running::start(stick(&scratch, &args)).end_within(LONG);
        assert!(status.success(), "{model}: {said}");
        assert!(said.contains("writing 100 %") && said.contains("comparing 100 %"), "progress: {said}");
        assert!(said.contains(&format!("{version} for {device}, device ")), "what the header says: {said}");
        assert!(!said.contains("RB"), "nothing is remarked upon: {said}");
        agrees(&scratch, &image, &folder, &files.map(|f| f.0));
    }
}

/// A folder's name, the model, the file's name and bytes, the code and words that are expected.
type Case = (&'static str, &'static str, &'static str, Vec<u8>, &'static str, &'static str);

/// A `.rom` for the T46G of which something was changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = rom(&RomSpec::new("T46", "28.83.0.120", 300_000));
    change(&mut bytes);
    bytes
}

#[test]
fn the_files_are_checked_against_the_model_before_anything_is_written() {
    let scratch = Scratch::new();
    computer(&scratch);
    let host = scratch.path().join("host");
    let of = |device: &str, version: &str| rom(&RomSpec::new(device, version, 300_000));
    let branded = RomSpec { oem: "TELCO".to_owned(), ..RomSpec::new("T46", "28.83.0.120", 300_000) };
    let good = of("T46", "28.83.0.120");
    let refused: [Case; 9] = [
        ("flipped", "T46G", "T46.rom", changed(|b| b[0x50] ^= 1), "RB565", "the sum of its header"),
        ("magic", "T46G", "T46.rom", changed(|b| b[0] ^= 1), "RB565", "first four bytes"),
        ("cut", "T46G", "T46.rom", changed(|b| b.truncate(200_000)), "RB566", "100000 of 300000 bytes are missing"),
        ("stub", "T46G", "T46.rom", changed(|b| b.truncate(100)), "RB566", "ends within its header"),
        ("other", "T48G", "T48.rom", good.clone(), "RB567", "which is for T46G; a T48G takes 35"),
        ("series", "T46S", "T46S.rom", good.clone(), "RB567", "a T46S takes 66 (several independent sources agree)"),
        ("page", "T46G", "T46.rom", b"<!doctype html><title>Sign in</title>".to_vec(), "RB562", "a web page"),
        ("zip", "T46G", "T46.rom", b"PK\x03\x04 and so on".to_vec(), "RB562", "a zip archive"),
        ("nothing", "T46G", "T46.rom", Vec::new(), "RB557", "is empty"),
    ];
    let warned: [Case; 6] = [
        ("old", "T46G", "T46.rom", b"a header of another kind".to_vec(), "RB568", "no known kind"),
        ("brand", "T46G", "T46.rom", rom(&branded), "RB242", "the brand of one provider, TELCO"),
        ("long", "T46G", "T46.rom", changed(|b| b.resize(300_050, 0)), "RB244", "300050 bytes; by its header 300000"),
        ("name", "T46G", "T46-28.80.0.95.rom", good.clone(), "RB569", "its name says version 28.80.0.95"),
        (
            "first",
            "T46G",
            "T46.rom",
            rom(&RomSpec { device: 28, ..RomSpec::new("T46", "66.1.0.1", 300_000) }),
            "RB569",
            "does not begin with",
        ),
        ("name-is-right", "T46G", "T46.rom", of("T46G", "35.83.0.120"), "RB567", "which is for T48G"),
    ];
    let before = std::fs::read(host.join("dev/sdd")).unwrap();
    for (cases, ends) in [(refused.as_slice(), 1), (warned.as_slice(), 0)] {
        for (what, model, name, bytes, code, words) in cases {
            let folder = scratch.folder(what);
            for (name, size) in [("x.bin", 70_000), ("x.rfs", 80_000)] {
                std::fs::write(folder.join(name), part(name, size)).unwrap();
            }
            std::fs::write(folder.join(name), bytes).unwrap();
            let image = scratch.path().join(format!("{what}.img"));
            let from = folder.to_str().unwrap();
            let (status, said) = run(stick(&scratch, &[model, "--from", from, "--image", image.to_str().unwrap()]));
            assert_eq!((status.code(), image.exists()), (Some(ends), ends == 0), "{what}: {said}");
            let told =
                said.lines().position(|l| l.trim_start_matches("ringback: ").starts_with(code) && l.contains(words));
            assert!(told.is_some(), "{what}: {code} and {words} in {said}");
            // Said before the first byte is written.
            let written = said.lines().position(|l| l.starts_with("preparing"));
            assert!(written.is_none_or(|written| ends == 0 && told < Some(written)), "{what}: {said}");
            if ends == 1 {
                let host = host.to_str().unwrap();
                let (status, said) = run(stick(
                    &scratch,
                    &[model, "--from", from, "--device", "sdd", "--confirm", "sdd", "--host-root", host],
                ));
                assert!(status.code() == Some(1) && said.contains(code), "{what}: {said}");
            }
            let mut explain = ringback(&scratch.path().join("state"));
            explain.args(["explain", code]);
            assert!(run(explain).1.contains("Do:"), "{code}");
        }
    }
    assert!(std::fs::read(host.join("dev/sdd")).unwrap() == before, "not a byte was written");
}

#[test]
fn the_upgrade_file_under_three_names_is_refused() {
    let scratch = Scratch::new();
    let folder = scratch.folder("package");
    for name in ["T46.bin", "T46.rfs", "T46.rom"] {
        std::fs::write(folder.join(name), changed(|_| ())).unwrap();
    }
    let image = scratch.path().join("stick.img");
    let (status, said) =
        run(stick(&scratch, &["T46G", "--from", folder.to_str().unwrap(), "--image", image.to_str().unwrap()]));
    assert!(status.code() == Some(1) && !image.exists(), "{said}");
    assert!(said.contains("RB562: T46.bin and T46.rfs are the same file"), "{said}");
}

/// A made-up computer: a disk inside, a stick that is mounted, a stick of 1 MiB, and a good one.
fn computer(scratch: &Scratch) {
    let disk = |bus: &str, name: &str, number: u32, sectors: u64, removable: u32| {
        let folder = format!("host/sys/devices/{bus}/block/{name}");
        for (file, text) in [
            ("size", sectors.to_string()),
            ("removable", removable.to_string()),
            ("ro", "0".into()),
            ("dev", format!("8:{number}")),
            ("device/vendor", "Made".into()),
            ("device/model", format!("Up {name}")),
            ("queue/logical_block_size", "512".into()),
        ] {
            scratch.file(&format!("{folder}/{file}"), text + "\n");
        }
        std::fs::create_dir_all(scratch.path().join("host/sys/block")).unwrap();
        symlink(scratch.path().join(&folder), scratch.path().join("host/sys/block").join(name)).unwrap();
        let device = scratch.file(&format!("host/dev/{name}"), b"");
        std::fs::File::options().write(true).open(device).unwrap().set_len(sectors * 512).unwrap();
    };
    disk("pci0/ata1", "sda", 0, 4_000_000, 0);
    disk("pci0/usb1/1-1", "sdb", 16, 400_000, 1);
    disk("pci0/usb1/1-2", "sdc", 32, 2_048, 1);
    disk("pci0/usb1/1-3", "sdd", 48, 400_000, 1);
    disk("pci0/ata2", "sde", 64, 400_000, 0);
    scratch.file("host/sys/devices/pci0/usb1/1-1/block/sdb/sdb1/partition", "1\n");
    scratch.file("host/sys/devices/pci0/usb1/1-1/block/sdb/sdb1/dev", "8:17\n");
    let mounts = "1 0 8:0 / / rw - ext4 /dev/sda rw\n2 1 8:17 / /media/mine rw - vfat /dev/sdb1 rw\n";
    scratch.file("host/proc/self/mountinfo", mounts);
}

#[test]
fn what_must_not_be_erased_is_refused_each_in_its_own_words() {
    let scratch = Scratch::new();
    computer(&scratch);
    let host = scratch.path().join("host");
    let folder = package(&scratch, [("T46.bin", 64), ("T46.rfs", 65), ("T46.rom", 300)]);
    let lacking = scratch.folder("lacking");
    std::fs::write(lacking.join("T46.bin"), b"x").unwrap();
    std::fs::write(lacking.join("T46.rfs"), b"x").unwrap();
    let before: Vec<Vec<u8>> =
        ["sda", "sdb", "sdc", "sdd", "sde"].map(|d| std::fs::read(host.join("dev").join(d)).unwrap()).into();
    let mut said_all = Vec::new();
    for (device, from, code, words) in [
        ("sda", &folder, "RB553", "computer runs from"),
        ("/dev/sde", &folder, "RB551", "not removable"),
        ("sdb", &folder, "RB552", "mounted at /media/mine"),
        ("sdc", &folder, "RB554", "1.0 MB"),
        ("sdb1", &folder, "RB550", "partition"),
        ("sdz", &folder, "RB550", "no disk sdz"),
        ("sdd", &lacking, "RB557", "*.rom"),
        ("sdd", &folder, "RB560", "no name was typed"),
    ] {
        let args =
            ["T46G", "--device", device, "--from", from.to_str().unwrap(), "--host-root", host.to_str().unwrap()];
        let (status, said) = run(stick(&scratch, &args));
        assert_eq!(status.code(), Some(1), "{device}: {said}");
        assert!(said.contains(code) && said.contains(words) && said.contains('→'), "{device}: {said}");
        said_all.push(said.lines().find(|l| l.contains(code)).unwrap().to_owned());
    }
    said_all.sort();
    said_all.dedup();
    assert_eq!(said_all.len(), 8, "each its own words: {said_all:#?}");
    for (disk, was) in ["sda", "sdb", "sdc", "sdd", "sde"].iter().zip(before) {
        assert!(std::fs::read(host.join("dev").join(disk)).unwrap() == was, "{disk} was touched");
    }
    let (status, said) = run(stick(&scratch, &["--list", "--host-root", host.to_str().unwrap()]));
    assert!(status.success() && said.contains("sdd: Made Up sdd, 204.8 MB"), "{said}");
    assert!(!said.contains("sda") && !said.contains("sde"), "only what can be unplugged is listed: {said}");
    assert!(said.contains("sdb") && said.contains("RB552"), "{said}");
}

#[test]
fn a_stick_is_written_when_its_name_is_typed() {
    if !have(&WITNESSES) {
        return;
    }
    let scratch = Scratch::new();
    computer(&scratch);
    let host = scratch.path().join("host");
    let folder = package(&scratch, SMALL);
    let args =
        ["T46G", "--device", "/dev/sdd", "--from", folder.to_str().unwrap(), "--host-root", host.to_str().unwrap()];
    // A wrong name first, then the right one, as a person types them.
    for (typed, ends) in [("sdb\n", Some(1)), ("sdd\n", Some(0))] {
        let mut child =
            stick(&scratch, &args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), typed.as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), ends, "{said}");
        assert!(said.contains("Everything on sdd: Made Up sdd, 204.8 MB will be erased."), "{said}");
        assert_eq!(said.contains("every byte was read back"), ends == Some(0), "{said}");
    }
    agrees(&scratch, &host.join("dev/sdd"), &folder, &["T46.bin", "T46.rfs", "T46.rom"]);
}

/// A loop device over a file, given back at the end.
struct Loop(String);

impl Loop {
    /// None where this computer has none (which is said), or does not give one.
    fn over(backing: &Path) -> Option<Loop> {
        if !Path::new("/dev/loop-control").exists() {
            note("this kernel has no loop devices: a file stood for the stick");
            return None;
        }
        let out = Command::new(which("losetup").unwrap()).args(["--show", "-f"]).arg(backing).output().unwrap();
        if !out.status.success() {
            skip("needs root for loop devices");
            return None;
        }
        Some(Loop(String::from_utf8(out.stdout).unwrap().trim().to_owned()))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = Command::new(which("losetup").unwrap()).args(["-d", &self.0]).status();
    }
}

/// A loop device that stands for the stick `sdd` of the made-up computer.
fn looped(scratch: &Scratch) -> Option<(PathBuf, Loop)> {
    computer(scratch);
    let host = scratch.path().join("host");
    let backing = scratch.file("backing", b"");
    std::fs::File::options().write(true).open(&backing).unwrap().set_len(400_000 * 512).unwrap();
    let device = Loop::over(&backing)?;
    let name = device.0.trim_start_matches("/dev/");
    let number = std::fs::read_to_string(format!("/sys/block/{name}/dev")).unwrap();
    std::fs::write(host.join("sys/devices/pci0/usb1/1-3/block/sdd/dev"), number).unwrap();
    std::fs::remove_file(host.join("dev/sdd")).unwrap();
    symlink(&device.0, host.join("dev/sdd")).unwrap();
    Some((backing, device))
}

#[test]
fn a_loop_device_stands_for_a_stick_and_the_kernel_mounts_what_it_can() {
    if !have(&["losetup"]) || !have(&WITNESSES) {
        return;
    }
    let scratch = Scratch::new();
    let Some((backing, _device)) = looped(&scratch) else { return };
    let folder = package(&scratch, SMALL);
    let host = scratch.path().join("host");
    let (from, host) = (folder.to_str().unwrap(), host.to_str().unwrap());
    let args = ["T46G", "--device", "sdd", "--confirm", "sdd", "--from", from, "--host-root", host];
    let (status, said) = Running::start(stick(&scratch, &args)).end_within(LONG);
    assert!(status.success(), "{said}");
    agrees(&scratch, &backing, &folder, &SMALL.map(|f| f.0));
    let on = scratch.folder("mounted");
    let offset = format!("loop,ro,offset={START}");
    let out = Command::new("mount").args(["-t", "vfat", "-o", &offset]).arg(&backing).arg(&on).output().unwrap();
    if !out.status.success() {
        // Asked for, so that a kernel that loads it when needed has it now.
        let known = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
        assert!(!known.contains("\tvfat"), "{}", String::from_utf8_lossy(&out.stderr));
        return note("this kernel has no vfat: the stick was read by mtools, fsck.fat and 7z, and not mounted");
    }
    let same = SMALL
        .iter()
        .all(|(name, _)| std::fs::read(on.join(name)).unwrap_or_default() == std::fs::read(folder.join(name)).unwrap());
    assert!(Command::new("umount").arg(&on).status().unwrap().success());
    assert!(same, "the kernel reads the same");
}

#[test]
fn a_writer_killed_on_a_stick_leaves_no_table_and_is_told() {
    if !have(&["losetup"]) {
        return;
    }
    let scratch = Scratch::new();
    let Some((backing, _device)) = looped(&scratch) else { return };
    let folder = long(&scratch, 150_000_000);
    let host = scratch.path().join("host");
    let (from, host) = (folder.to_str().unwrap(), host.to_str().unwrap());
    // The stick had a good table of somebody's before.
    let mut table = vec![0; 512];
    table[510..].copy_from_slice(&[0x55, 0xaa]);
    std::fs::File::options().write(true).open(&backing).unwrap().write_all_at(&table, 0).unwrap();
    let args = ["T46G", "--device", "sdd", "--confirm", "sdd", "--from", from, "--host-root", host];
    let mut writer = Running::start(stick(&scratch, &args));
    writer.line(&["writing 10 %"]);
    writer.kill();
    let front = &std::fs::read(&backing).unwrap()[..512];
    assert!(front.iter().all(|b| *b == 0), "no loader takes the half for the whole");
    let (status, said) = run(stick(&scratch, &["--list"]));
    assert!(status.success() && said.contains("RB556") && said.contains("sdd: Made Up sdd"), "{said}");
    let (_, said) = run(stick(&scratch, &["--list"]));
    assert!(!said.contains("RB556"), "told once: {said}");
}

#[test]
fn a_killed_writer_is_told_at_the_next_start_and_leaves_no_image() {
    let scratch = Scratch::new();
    let folder = long(&scratch, 400_000_000);
    let image = scratch.path().join("stick.img");
    let args = ["T46G", "--from", folder.to_str().unwrap(), "--image", image.to_str().unwrap()];
    let mut writer = Running::start(stick(&scratch, &args));
    writer.line(&["writing 10 %"]);
    writer.kill();
    assert!(!image.exists(), "half an image is not there under its name");
    let half = scratch.path().join("stick.img.half");
    assert!(half.exists());
    let (status, said) = run(stick(&scratch, &["--list"]));
    assert!(status.success() && said.contains("RB556") && said.contains("T46G"), "{said}");
    assert!(said.contains("stick.img"), "{said}");
    assert!(!half.exists(), "it is cleaned up");
    let (_, said) = run(stick(&scratch, &["--list"]));
    assert!(!said.contains("RB556"), "told once: {said}");
}

#[test]
fn phones_that_take_no_stick_and_images_that_are_there_are_refused() {
    let scratch = Scratch::new();
    let folder = package(&scratch, [("T23.bin", 64), ("T23.rfs", 65), ("T23.rom", 300)]);
    let there = scratch.file("there.img", b"mine");
    for (model, image, code) in [
        ("T23G", "new.img", "RB564"),
        ("7965G", "new.img", "RB564"),
        ("no-such-phone", "new.img", "RB564"),
        ("T46G", "there.img", "RB563"),
    ] {
        let image = scratch.path().join(image);
        let args = [model, "--from", folder.to_str().unwrap(), "--image", image.to_str().unwrap()];
        let (status, said) = run(stick(&scratch, &args));
        assert!(status.code() == Some(1) && said.contains(code), "{model}: {said}");
    }
    assert_eq!(std::fs::read(there).unwrap(), b"mine");
}
