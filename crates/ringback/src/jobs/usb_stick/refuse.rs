//! Why a disk is not written to, each reason with words of its own.

use super::disks::{Disk, size};
use crate::trouble::Trouble;

/// Larger ones cannot be told in an MBR.
const LARGEST: u64 = 2 << 40;

/// Whether this disk may become a stick that holds `needed` bytes in all; the first reason against it, if not.
pub(crate) fn judge(disk: &Disk, needed: u64) -> Result<(), Trouble> {
    let name = &disk.name;
    if disk.is_the_systems() {
        return Err(Trouble::of("RB553", format!("{name} is the disk that this computer runs from")));
    }
    if !disk.can_be_unplugged() {
        return Err(Trouble::of("RB551", format!("{name} is built into this computer: it is not removable")));
    }
    if disk.bytes == 0 {
        return Err(Trouble::of("RB550", format!("{name} is a reader without a medium in it")));
    }
    if let Some((part, folder)) = disk.mounts.first() {
        let all: Vec<String> = disk.mounts.iter().map(|m| format!("sudo umount /dev/{}", m.0)).collect();
        let remedy = format!("Save what you need from it, then: {}", all.join("; "));
        return Err(Trouble::new("RB552", format!("{part} is mounted at {folder}"), remedy));
    }
    if let Some(holder) = disk.holders.first() {
        return Err(Trouble::of("RB552", format!("{name} is in use: {holder} is built on it")));
    }
    if disk.read_only {
        return Err(Trouble::of("RB555", format!("{name} is write-protected")));
    }
    if disk.sector != 512 {
        return Err(Trouble::of("RB555", format!("{name} has sectors of {} bytes; loaders read 512", disk.sector)));
    }
    if disk.bytes < needed {
        let what = format!("{name} holds {}; {} are needed", size(disk.bytes), size(needed));
        return Err(Trouble::of("RB554", what));
    }
    if disk.bytes > LARGEST {
        return Err(Trouble::of("RB551", format!("{name} holds {}: that is no stick", size(disk.bytes))));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stick() -> Disk {
        Disk { name: "sdb".into(), bytes: 8_000_000_000, sector: 512, removable: true, usb: true, ..Disk::default() }
    }

    fn why(change: impl FnOnce(&mut Disk)) -> String {
        let mut disk = stick();
        change(&mut disk);
        judge(&disk, 100_000_000).unwrap_err().to_string()
    }

    #[test]
    fn a_plain_stick_is_taken() {
        assert_eq!(judge(&stick(), 100_000_000), Ok(()));
        assert_eq!(judge(&Disk { removable: false, ..stick() }, 1), Ok(()), "some sticks call themselves fixed");
        assert_eq!(judge(&Disk { usb: false, ..stick() }, 1), Ok(()), "a card reader on another bus");
    }

    #[test]
    fn every_other_has_its_own_words() {
        let mount = |folder: &str| ("sdb1".to_owned(), folder.to_owned());
        let said = [
            why(|d| (d.removable, d.usb) = (false, false)),
            why(|d| d.mounts = vec![mount("/media/x")]),
            why(|d| d.mounts = vec![mount("/boot/efi")]),
            why(|d| d.swap = true),
            why(|d| d.holders = vec!["dm-0".into()]),
            why(|d| d.read_only = true),
            why(|d| d.sector = 4096),
            why(|d| d.bytes = 1 << 20),
            why(|d| d.bytes = 0),
            why(|d| d.bytes = 3 << 40),
        ];
        let codes: Vec<&str> = said.iter().map(|s| &s[..5]).collect();
        let expected = ["RB551", "RB552", "RB553", "RB553", "RB552", "RB555", "RB555", "RB554", "RB550", "RB551"];
        assert_eq!(codes, expected, "{said:#?}");
        for (i, one) in said.iter().enumerate() {
            assert!(one.contains("→"), "says what to do: {one}");
            assert!(said.iter().skip(i + 1).all(|other| other != one) || i == 2, "{one}");
        }
        assert!(said[1].contains("/media/x") && said[1].contains("umount /dev/sdb1"), "{}", said[1]);
        assert!(said[7].contains("1.0 MB"), "{}", said[7]);
    }
}
