//! Steps for single machines, as their targets read them from bytes.

use super::{Seed, of};

pub(super) fn all() -> Vec<Seed> {
    [dhcp_server(), dhcp_client(), transfer(), client(), receive()].concat()
}

/// First, last, prefix (0 is /24), bits (1 ARP check, 2 relays, 4 flood limit, 8 three leases), lease / 10 s, begin.
fn dhcp_server() -> Vec<Seed> {
    let checked: &[u8] = &[10, 20, 0, 0b101, 60, 0];
    let quick: &[u8] = &[10, 12, 0, 0, 1, 0];
    // Op, mac, xid, kind, fields, standing, lease, no further wishes.
    let discover = |mac| [0, mac, 1, 1, 0, 0, 0, 0];
    let request = |mac, last| [0, mac, 1, 3, 3, last, 1, 0, 0, 0];
    let wait = |span| [4, span];
    of(
        "dhcp_server",
        vec![
            ("one", [checked, &discover(0), &wait(4), &request(0, 10), &wait(7), &[5], &[5]].concat()),
            (
                "crowd",
                [quick, &discover(0), &discover(1), &discover(2), &discover(3), &request(1, 11), &wait(8)].concat(),
            ),
            ("conflict", [checked, &discover(0), &[6, 15, 5], &[6, 10, 4], &wait(4), &[5], &discover(0)].concat()),
            ("again", [checked, &discover(0), &wait(4), &request(0, 10), &[7, 2], &[7, 0], &[7, 1, 0]].concat()),
            ("decline", [quick, &discover(0), &request(0, 10), &[0, 0, 1, 4, 3, 10, 1, 0, 0, 0], &wait(9)].concat()),
            ("release", [quick, &discover(0), &request(0, 10), &[0, 0, 1, 7, 4, 10, 0, 0, 0], &wait(9)].concat()),
            ("inform", [quick, &[0, 0, 1, 8, 4, 11, 0, 0, 0]].concat()),
        ],
    )
}

fn dhcp_client() -> Vec<Seed> {
    // Mode, check, template, broadcast.
    let lease: &[u8] = &[1, 1, 3, 53, 50, 60, 0];
    let answer = |kind, fields: u8| [6, kind, fields, 9];
    of(
        "dhcp_client",
        vec![
            ("probe", [&[0, 3, 0, 0][..], &[0], &[4], &answer(0, 0), &[4], &[4], &[4]].concat()),
            ("bound", [lease, &[0], &answer(0, 0), &answer(1, 1), &[0], &[4], &[4], &[4], &[4], &[2]].concat()),
            ("refused", [lease, &[1, 9], &answer(2, 0), &[4], &[4]].concat()),
            ("conflict", [lease, &[0], &answer(0, 0), &answer(1, 1), &[0], &[5, 9, 1], &[4]].concat()),
        ],
    )
}

fn transfer() -> Vec<Seed> {
    // File, broken, limits, options refused, rollover, mode, options.
    let plain: &[u8] = &[6, 0, 0, 0, 0, 0, 0];
    let windowed: &[u8] = &[8, 0, 0, 0, 0, 0, 2, 0, 9, 1, 5];
    let ack: &[u8] = &[0, 0];
    of(
        "tftp_transfer",
        vec![
            ("plain", [plain, ack, ack, ack, ack, ack, ack, ack].concat()),
            ("windowed", [windowed, &[4, 0, 0], ack, ack, ack, &[3, 0, 30], ack, &[5, 4], ack].concat()),
            ("text", [&[6, 0, 0, 0, 0, 1, 0][..], ack, ack, &[6], ack, ack, ack].concat()),
            ("lost", [windowed, &[4, 0, 0], &[6], &[6], &[6], ack, &[6], &[6]].concat()),
            ("refused", [windowed, &[7, 1, 0, 8, 4, b's', b'i', b'z', b'e']].concat()),
            ("endless", [&[9, 0, 5, 0, 1, 0, 1, 0, 12][..], &[4, 0, 0], ack, ack, ack].concat()),
            ("unreadable", [&[7, 255, 0, 0, 0, 0, 0][..], ack, ack, ack, ack, ack, ack, ack].concat()),
        ],
    )
}

fn client() -> Vec<Seed> {
    let data: &[u8] = &[0, 0];
    let last: &[u8] = &[0, 255];
    of(
        "tftp_client",
        vec![
            ("plain", [&[0][..], data, data, data, last].concat()),
            ("agreed", [&[3, 1, 0][..], &[4, 2, 0, 1, 1, 3], data, data, data, data, data, last].concat()),
            ("text", [&[16][..], data, &[3, 0, 35, 2, b'\r', b'\n'], last].concat()),
            ("gap", [&[3, 1, 0][..], &[4, 2, 0, 1, 1, 3], data, &[3, 0, 37, 1, 0], data, &[6], data].concat()),
            ("refused", [&[0][..], &[7, 1, 0, 1, 2, b'n', b'o']].concat()),
        ],
    )
}

fn receive() -> Vec<Seed> {
    let data: &[u8] = &[0, 0];
    of(
        "tftp_receive",
        vec![
            ("plain", [&[0, 0, 0, 0, 0, 0][..], data, data, &[0, 255]].concat()),
            ("too-large", [&[3, 0, 0, 0, 0, 0][..], data, data, data].concat()),
            ("windowed", [&[4, 0, 0, 0, 0, 2, 0, 8, 1, 3][..], data, data, data, data, &[0, 255]].concat()),
            ("text", [&[0, 0, 0, 0, 1, 0][..], data, &[3, 0, 35, 2, b'\r', 0], &[0, 255]].concat()),
            ("announced", [&[2, 0, 0, 0, 0, 1, 2, 15][..], data].concat()),
        ],
    )
}
