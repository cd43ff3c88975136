//! Every code, explained: the rules' own and those of refusals, the network's safety and the laptop.

use super::rules::RULES;
use super::screens::{SCREENS, Screen};

/// A code with everything that `ringback explain` says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Explained {
    /// `RB` and three digits.
    pub code: &'static str,
    /// What it is.
    pub title: &'static str,
    /// Why it happens.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// Literal words on the phone's screen.
    pub screen: &'static [&'static str],
    /// Field reports.
    pub field_reports: &'static [&'static str],
}

macro_rules! codes {
    ($($code:literal, $title:literal, $cause:literal, $remedy:literal $(, for $($report:literal)+)?;)*) => {
        &[$(Explained {
            code: $code,
            title: $title,
            cause: $cause,
            remedy: $remedy,
            screen: &[],
            field_reports: &[$($($report),+)?],
        },)*]
    };
}

static OTHERS: &[Explained] = codes! {
    "RB101", "Another DHCP server is on this cable",
        "A server that is not Ringback answered. Two DHCP servers on one network take each other's clients: the bench has stopped answering, or never began.",
        "Connect the phone to this computer directly, or through a switch that nothing else is plugged into. If the network is yours and meant to be used, let its own DHCP server name the bench (`ringback run --coexist` prints the lines).";
    "RB104", "A station that is not a known phone asked, and was not answered",
        "The bench answers only stations that it has reason to believe are phones: by DHCP vendor class, address block, or the files they ask for.",
        "Nothing, if it is not a phone. If it is, allow its MAC: `--allow MAC`.";
    "RB118", "The cable has no link",
        "Nothing at the other end is switched on, the plug sits badly, or both ends send on the same pair of wires: \
         phones of the 79xx series are said not to cross the pairs themselves (one source).",
        "Give the phone power. Try another cable. If this computer's socket does not cross the pairs by itself, put a \
         switch between them, or take a crossover cable.";
    "RB126", "Nothing is heard on the cable, though its link is up",
        "The cable is in the phone's LAN port with nothing behind it, the phone has no power, or it waits with an address of its own.",
        "Put the cable into the phone's PC port. Power the phone off and on. Phones in recovery are found by what they say when they start.",
        for "FR-15" "FR-21";
    "RB128", "The address on the phone's screen makes no sense",
        "What the phone has stored is damaged, or cut on its screen: `http://192.168.6/` is no whole address.",
        "Leave the address out. Put the cable into the bench and start the phone with the keys held: it gets an address by DHCP, or is found by its own. If it stays silent, only another way in remains: unlock-by-config, or the maker.",
        for "FR-21";
    "RB210", "The file asked for is not here",
        "Neither the phone's procedure nor its family's shelf holds a file of this name. Many files are optional: the phone's boot goes on.",
        "Only if the phone stops there: put the file on the shelf.";
    "RB211", "A file name was refused",
        "The name leads out of what phones may see, or is not a file name.",
        "If a phone really asks so, its configuration holds a path that no server should follow.";
    "RB212", "Writing is switched off",
        "A phone wanted to upload a file. The bench takes uploads only when told so.",
        "Start it with `--uploads FOLDER` if you want what phones upload.";
    "RB213", "The upload is too large",
        "Uploads go into a quarantine folder with limits on size and number.",
        "Raise the limits, or leave it.";
    "RB214", "A request that cannot be served",
        "The request was not a plain read: an unknown TFTP mode, or an HTTP method other than GET and HEAD.",
        "Nothing; it is counted.";
    "RB215", "A file on the shelf could not be read",
        "The file is listed, but opening or reading it failed: it was removed, or the disk has a fault.",
        "Look at the shelf's folder; add the file again.";
    "RB220", "A load is incomplete on the shelf",
        "The procedure needs loads that are not all here and sound. It was not begun, the phone was not touched.",
        "Put the named files on the shelf: unpack the vendor's whole archive into it.",
        for "FR-36" "FR-37";
    "RB221", "No load to go to",
        "The shelf holds no complete load for this model and protocol, or the one asked for is not a load's name.",
        "Put the load's archive on the shelf, or name another with `--to`.";
    "RB222", "Too little is known about the phone",
        "The procedure needs to know the model, or the load that runs. The phone has not said so yet.",
        "Start the phone while the bench listens: it says so by CDP, LLDP or DHCP.";
    "RB223", "Nothing to do: the phone runs the target already",
        "The load that runs is the one wanted.",
        "Nothing. If the phone still does not come up, its configuration is what is missing, not its load.";
    "RB418", "The procedure is not for the load that the phone runs",
        "Keys, menus and files differ between SCCP, SIP and MGCP loads. The phone has said which it runs, and this \
         procedure is for others: what it asks for would do nothing.",
        "Choose a procedure for the load that runs, or give the phone another load first. `ringback phones MODEL` lists them.";
    "RB230", "The file is empty",
        "It has no bytes: the download was never finished, or the archive was packed so.",
        "Fetch it again.";
    "RB231", "A web page was saved in place of firmware",
        "The file holds HTML: the vendor's site answered with a page to sign in, or with an error, and that was saved under the firmware's name.",
        "Sign in at the vendor's site and fetch the file again.";
    "RB232", "The file was renamed",
        "Its own header, or the sum that somebody vouches for, gives it another name than it has. Phones ask for the true name, and many compare the two. On the shelf it stands under its true name, where that is certain.",
        "Nothing, if the message gives its true name: phones get it under that. If the name is only a guess, rename the file yourself.";
    "RB233", "The file is cut off",
        "Bytes are missing at its end: a download or a copy was interrupted. Phones that get it fail half-way.",
        "Fetch or copy it again. The message says how many bytes are missing where that can be known.";
    "RB234", "The file has bytes behind its end",
        "It is longer than its own contents table or header says: something was appended, or two files were joined.",
        "Fetch it again.";
    "RB235", "The file's header is damaged",
        "A field of its signed header is not as in any known file: a bit was flipped on a disk or on the way. The signature covers the header, so the phone will refuse the file.",
        "Fetch it again.";
    "RB236", "The file's name and the name in its header differ by one bit",
        "Either somebody renamed it to a name that is very much alike, or its header is damaged. The bytes do not say which.",
        "Fetch it again, or give it back the name that the message shows and add it once more.";
    "RB237", "The file is for another phone",
        "By its contents it belongs to another model than its name, or the model asked about, says. A phone given another's firmware refuses it at best.",
        "Take the firmware of this phone's own model.";
    "RB238", "The name announces one kind of file and the bytes are another",
        "For example an image without its signed header under a name of signed files.",
        "Fetch the vendor's own archive and add it as it is.";
    "RB239", "Signed in another way than every known file",
        "The signer, the digest or a field of the header is another than in all published firmware. It may be meant so: development loads are signed otherwise, and phones that run released loads refuse them.",
        "Use it only if you know where it comes from.";
    "RB240", "The contents of the file are damaged",
        "Behind a readable header the archive, the image or the list of files is not as it must be.",
        "Fetch it again.";
    "RB241", "The header of a .rom is damaged",
        "Its CRC-32 does not fit its bytes.",
        "Fetch it again. A phone that boots from a damaged file stays in its loader.";
    "RB242", "Firmware with a provider's brand",
        "The header of the .rom carries a brand: the file was made for the phones of one provider, and may lock the phone to it.",
        "Take the maker's unbranded file.";
    "RB243", "Whether the file is whole cannot be told",
        "This kind of file does not say how long it is, or nobody has published how. Cut off, extended or changed it looks as it does now.",
        "Compare its length with the vendor's page before you rely on it, or give its sum: `ringback shelf add FILE --sums LIST`.";
    "RB244", "The length in the header does not fit",
        "It is not known whether the number counts the header too; the file fits neither way. It is cut off or extended by less than the header's length.",
        "Fetch it again.";
    "RB245", "The file holds one byte over and over",
        "It is filler from a disk or a download that was reserved and never written.",
        "Fetch it again.";
    "RB246", "The file's length is unlike firmware of this kind",
        "Published files for this phone are all shorter, or all longer.",
        "Fetch it again. If the vendor's page really gives this length, the bounds in the profile (`[[firmware]]`) want changing.";
    "RB247", "The version is a guess",
        "Files of this kind have no header that is publicly known. The version comes from the file's name, from the archive that it came in, or from texts inside; the message says from which.",
        "Add the vendor's archive as it is rather than the file alone, so that two signs can agree.";
    "RB248", "A name in an archive was refused",
        "It leads out of the archive, is absolute, too long, or belongs to a link or a device. Nothing was written.",
        "Vendors' archives have no such names: look where this one came from.";
    "RB249", "Left out: not firmware",
        "The shelf holds firmware. Configurations, trust lists, ring tones, pictures and languages stay where they are: an old configuration on the shelf could lock up the next phone.",
        "Nothing. If phones are to get such files, serve their folder: `ringback serve FOLDER`.";
    "RB250", "A way that must never be taken",
        "The maker, or those who tried, say that this step leaves the phone dead or shut out.",
        "Take the way that `ringback shelf plan` prints, or leave the phone as it is.";
    "RB251", "The board may be too new for this load",
        "Loads name the hardware that they run on. A phone whose board was made later turns them down: \"Load rejected HC\".",
        "Leave the older load out: boards that need the newer one know its signature already.";
    "RB252", "A load that looks like the step between, and is not",
        "Its version differs in a small way that matters.",
        "Fetch the load that the plan names, by the exact archive name.";
    "RB253", "Something on the shelf was mended",
        "A file was changed, removed, or left from an adding that was interrupted.",
        "Add the named file again.";
    "RB254", "An archive cannot be read",
        "It is damaged, cut off, protected with a password, or packed in a way that is not known. What came before the damage was taken.",
        "Fetch it again; unpack it yourself if it needs a password, and add the folder.";
    "RB255", "More than firmware ever is",
        "A file, an archive or what it unpacks to is far above what vendors hand out; archives that unpack to very much more than their own length are made to fill disks.",
        "If it is real, unpack it yourself and add the files.";
    "RB256", "Neither a file nor a folder",
        "Links, devices and pipes are not followed.",
        "Name the file itself.";
    "RB257", "The file could not be read",
        "Opening or reading it failed.",
        "The message says why.";
    "RB258", "The name is for other phones than the file",
        "The file, or the archive that it came in, is called like one for other models than it is for. It may have been renamed, or packed into the wrong archive.",
        "Nothing, if it is the file that you wanted: on the shelf it stands under its true name, and goes only to the phones that it is for. Else fetch the one for your model.";
    "RB259", "Not the bytes that somebody vouches for",
        "A length or a sum is known for a file of this name, from a published source or from the list that you gave, and this file has another one. It is damaged, or another edition of the same name.",
        "Fetch it again and compare. If your list means another edition, leave it out.";
    "RB280", "The procedure is for another firmware",
        "The same key or menu does different things in different releases of this maker's firmware. The phone has said which one it runs.",
        "Take the procedure that is named beside it, or the one that the phone's finding recommends.";
    "RB501", "Permission is missing",
        "DHCP and TFTP use ports below 1024, and frames need a raw socket. Both are reserved for the administrator.",
        "Run it with sudo, or give the program the rights once: sudo setcap cap_net_bind_service,cap_net_raw,cap_net_admin+ep PATH_TO_RINGBACK";
    "RB502", "A port is in use",
        "Another program listens on a port that phones need.",
        "Stop that program (it is named in the message), or leave that service out with `--services`.";
    "RB503", "No interface fits",
        "Every network interface was looked at; each has a reason why it should not be used.",
        "Plug the phone's cable into a wired port of its own, or name the interface with `--iface`.";
    "RB504", "The interface is not safe to use",
        "It carries this computer's own network: a default route, an address given by DHCP, Wi-Fi, or a VPN. A DHCP server there would harm others.",
        "Use another port, or a USB network adapter. If you are sure, type the interface's name: `--iface IF --i-know IF`.";
    "RB505", "A profile has a mistake",
        "A file in profiles/ is not as it must be.",
        "`ringback check` names file, field, what is wrong and what would be right.";
    "RB506", "The bench was not shut down cleanly last time",
        "Addresses that the bench had added to an interface were still there. They have been removed.",
        "Nothing.";
    "RB507", "An argument cannot be used",
        "What was given on the command line does not fit together.",
        "See `ringback help`.";
    "RB508", "A file or folder cannot be used",
        "Reading or writing it failed.",
        "The message names it and says why.";
    "RB510", "A firewall on this computer keeps phones out",
        "Its rules drop what phones send: requests for an address, for files, or the acknowledgements of a transfer. To the phone it looks as if nobody were there.",
        "Add the rule that `ringback doctor` prints, for the phones' interface only. Take it back afterwards.";
    "RB511", "A capture is damaged",
        "The file ends within a packet, or a length in it cannot be right: it was copied while it was being written, or a transfer cut it.",
        "What was whole has been read. For the rest, copy the file again, or save it anew with the program that captured it.";
    "RB512", "Nothing in the file was understood",
        "It is no capture (pcap, pcapng), and no line of it has the form of a known server's log.",
        "Save a capture as pcap or pcapng. Copy a log as text, one entry a line, with the lines that name the phone's address and the file.";
    "RB513", "A network manager looks after the interface, too",
        "NetworkManager, systemd-networkd or another program may take the bench's address away, or ask for an address by DHCP on the phones' cable.",
        "Tell it to leave the interface alone while the bench runs; `ringback doctor` prints the line.";
    "RB514", "The clock of this computer is wrong",
        "Phones take their time from the bench, and some check certificates by it. Journals and the ledger carry it, too.",
        "Set the clock, then start again.";
    "RB515", "There is little room on the disk",
        "The shelf, journals and uploads need room. A full disk ends a recovery in the middle.",
        "Make room, or name another folder with `--state`.";
    "RB516", "The self-test failed",
        "A simulated phone on a cable made in software did not get through. The same would happen to a real one.",
        "Read what it says; send `ringback report` with a question.";
    "RB517", "The self-test could not be made",
        "It needs the administrator's rights and a network namespace of its own.",
        "Run `sudo ringback doctor`.";
    "RB518", "The link is not as phones need it",
        "No cable, nothing with power at the other end, or a speed that hints at a bad cable.",
        "Plug the phone in and power it. Old phones need a crossover cable or a switch where neither side crosses by itself.";
    "RB509", "A job could not be begun",
        "Work that this computer does beside answering the phones did not start.",
        "The message says why. Try again when other work has ended.";
    "RB570", "The web screens have no port",
        "The port is in use, or the address is not one of this computer's.",
        "Name another: `--web 127.0.0.1:8000`, or start without: `--no-web`.";
    "RB571", "The page was asked for by a foreign name",
        "The Host header must be an address or localhost. A name could belong to somebody who points it at this computer.",
        "Open the address that Ringback printed when it started.";
    "RB572", "Another site's page wanted to command the bench",
        "What changes something must come from Ringback's own pages, or from a script that is no page.",
        "Open the address that Ringback printed, and do it there. From a script, leave the Origin header out.";
    "RB573", "The token is missing",
        "Other computers can reach these screens, so whoever asks must show the token that Ringback printed when it started.",
        "Open the whole address with `?token=…`. A script sends `Authorization: Bearer TOKEN`.";
    "RB574", "The request was not understood",
        "Its body or a name in it is not as it must be.",
        "`/api/v1/openapi.json` says what is expected.";
    "RB575", "There is no such thing here, or it cannot be done now",
        "The phone is not on the bench, the procedure is not one of its family's, or another one runs.",
        "Look at the bench again: it may have changed.";
    "RB576", "The bench is not running",
        "It is being switched on, or was switched off.",
        "Wait, or start Ringback again.";
    "RB577", "The procedure erases something, and nobody agreed to that",
        "A procedure that erases is begun only when whoever starts it says so.",
        "Tick the box beside the procedure, or send `erase` with what it erases.";
    "RB578", "Another step is under way by now",
        "What was confirmed is not what the bench waits for.",
        "Read what the page says now.";
    "RB579", "The upload was not taken",
        "It is larger than the limit, or it stopped before its end.",
        "Use `ringback shelf add PATH` for what is too large for the page.";
    "RB550", "There is no such disk",
        "The name given is no disk of this computer, or only a part of one, or a reader with nothing in it.",
        "Plug the stick in and look at its name: `ringback stick --list`.";
    "RB551", "The disk is not a removable stick",
        "Only disks that the system calls removable, or that hang on USB, are ever written to.",
        "Use a USB stick, or write an image with `--image FILE`.",
        for "FR-30";
    "RB552", "The stick is in use",
        "It is mounted, or something is built on it, or another program has it open. Erasing it now would harm whoever uses it.",
        "Save what you need from it, unmount it, and try again.";
    "RB553", "The disk is the system's own",
        "This computer runs from it, or swaps to it.",
        "Use another. There is no way to talk Ringback into this one.",
        for "FR-30";
    "RB554", "The stick is too small",
        "The phone's files and a FAT32 file system do not fit on it.",
        "Use a larger one: 128 MB hold every desk phone without Android, 2 GB hold all.";
    "RB555", "The stick cannot be written to",
        "It has a write-protection switch, or broke and went read-only, or its sectors are of a size that boot loaders do not read.",
        "Look for a switch on it. Otherwise use another.";
    "RB556", "The last stick was not finished",
        "The program or the computer stopped while a stick or an image was being written. A stick has no partition table until everything is on it, so no phone takes the half for the whole.",
        "Write it again.";
    "RB557", "A file of the stick is missing",
        "The phone's boot loader takes a set of files, each with an ending of its own. They come in the maker's recovery package; the usual upgrade file is only one of them.",
        "Put the whole package into one folder and name it with `--from`, or put it on the shelf.",
        for "FR-30";
    "RB558", "It cannot be told which file is meant",
        "More than one file fits, or a file has a name that a FAT stick cannot hold.",
        "Name the files for this phone alone: `--from FOLDER`, or `--from FILE` for each.";
    "RB559", "The stick is not what was written",
        "It was read back, past the computer's cache, and differs from the files. Worn and forged sticks do that.",
        "Throw it away and use another.",
        for "FR-30";
    "RB560", "The stick's name was not typed",
        "Nothing is erased unless its name was typed exactly.",
        "Nothing was changed. Start again and type the name that is asked for, or give `--confirm NAME`.";
    "RB561", "Writing the stick failed",
        "The disk reported an error, was pulled out, or a file could not be read.",
        "Nothing on it can be used. Try again; if it fails again, use another stick.";
    "RB562", "A file for the stick is no firmware",
        "It is empty, a web page that a portal sent in place of the file, an archive that was not unpacked, firmware of another maker, or the upgrade file under the names of the others.",
        "Get the maker's recovery package again, unpack it, and look that its files are three different ones.";
    "RB563", "The image is there already",
        "An image is never written over a file.",
        "Give another name, or remove the file.";
    "RB564", "No rescue by stick is known for this phone",
        "The model is not known, or as far as is known its boot loader takes no stick.",
        "`ringback phones MODEL` lists what can be done for it.";
    "RB565", "The header of the stick's .rom is damaged",
        "The header of a .rom carries a sum (CRC-32) over itself, and it does not fit: a byte of it was changed.",
        "Get the file again. A phone that writes it may not start any more.";
    "RB566", "The stick's .rom is cut off",
        "It ends before the length that its header says, whichever way that is counted: a download or a copy was interrupted.",
        "Get the file again.";
    "RB567", "The stick's .rom is for another phone",
        "The header of a .rom names a device by number and name. That number belongs to other models. It is refused where several sources agree on what this model takes, and only told where they do not.",
        "Use the package for this model. Look at the label on the phone's back: T46G, T46S and T46U take three different files.";
    "RB568", "What the stick's .rom is cannot be told",
        "It does not begin like the files that are known. Those are of one series; files of others may begin otherwise and be good.",
        "Make sure by other means that it is for this phone: where it came from, its size, its sum.";
    "RB569", "The version of the stick's .rom is not what one would expect",
        "The name says another version than the header, or the header's version does not begin with its own device number. Renamed files are like that, and so may good ones be.",
        "Look whether it is the version that you mean to write.";
};

/// Every code there is, sorted.
pub fn all() -> Vec<Explained> {
    let rules = RULES.iter().map(|r| Explained {
        code: r.code,
        title: r.title,
        cause: r.cause,
        remedy: r.remedy,
        screen: r.screen,
        field_reports: r.field_reports,
    });
    let mut all: Vec<Explained> = rules.chain(OTHERS.iter().copied()).collect();
    all.sort_unstable();
    all
}

/// The codes that a word is about: the code itself; else those whose screen text, title or field report has the
/// words; else those that say all of them anywhere.
pub fn explain(what: &str) -> Vec<Explained> {
    let wanted = plain(what);
    let all = all();
    // The number alone, as people say it.
    let is_number = wanted.len() == 3 && wanted.bytes().all(|b| b.is_ascii_digit());
    let wanted = if is_number { format!("rb{wanted}") } else { wanted };
    let exact: Vec<Explained> = all.iter().filter(|e| e.code.eq_ignore_ascii_case(&wanted)).copied().collect();
    if !exact.is_empty() || wanted.is_empty() {
        return exact;
    }
    let has =
        |text: &str| format!(" {} ", plain(text)).contains(&format!(" {wanted} ")) || plain(text).contains(&wanted);
    let on_screen: Vec<&str> = screens_with(what).flat_map(|s| s.codes).copied().collect();
    let shown = |e: &Explained| {
        on_screen.contains(&e.code)
            || has(e.title)
            || e.screen.iter().any(|s| has(s))
            || e.field_reports.iter().any(|f| has(f))
    };
    let found: Vec<Explained> = all.iter().filter(|e| shown(e)).copied().collect();
    if !found.is_empty() {
        return found;
    }
    let says_all = |e: &Explained| {
        let text = plain(&[e.title, e.cause, e.remedy].join(" "));
        let words: Vec<&str> = text.split(' ').collect();
        wanted.split(' ').all(|w| words.iter().any(|t| t.starts_with(w)))
    };
    all.into_iter().filter(says_all).collect()
}

/// The screens that have these words.
pub fn screens_with(what: &str) -> impl Iterator<Item = &'static Screen> {
    let wanted = plain(what);
    SCREENS.iter().filter(move |s| !wanted.is_empty() && plain(s.words).contains(&wanted))
}

/// Words without case and without what stands around them.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_is_found_by_its_screen() {
        let all = all();
        assert!(all.windows(2).all(|w| w[0].code != w[1].code));
        assert_eq!(explain("auth fail").iter().map(|e| e.code).collect::<Vec<_>>(), ["RB301", "RB302"]);
        assert_eq!(explain("rb220")[0].code, "RB220");
        assert!(explain("no such words").is_empty());
    }

    #[test]
    fn what_stands_on_a_screen_is_found_by_its_words() {
        let codes = |what: &str| explain(what).iter().map(|e| e.code).collect::<Vec<_>>();
        assert!(codes("black").contains(&"RB206"));
        assert!(codes("UNPROVISIONED").contains(&"RB223"));
        assert!(["RB102", "RB110"].iter().all(|c| codes("Configuring VLAN").contains(c)));
        assert_eq!(codes("Auth-Fail!"), codes("auth fail"));
        assert!(codes("fr-36").contains(&"RB206"));
        assert!(codes("unpack archive").contains(&"RB201"), "words of the remedy, when nothing else has them");
        let known = all();
        for screen in SCREENS {
            assert!(screen.codes.iter().all(|c| known.iter().any(|e| e.code == *c)), "{}", screen.words);
            assert!(!explain(screen.words).is_empty(), "{}", screen.words);
        }
    }
}
