//! What a TFTP block costs in the machine alone, without a socket; packets and names.

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use proto::Time;
use proto::tftp::{Packet, Quirks, Transfer, normalise};

const FILE: usize = 1 << 20;

fn main() {
    divan::main();
}

/// A file of one MiB to a client that loses nothing.
#[divan::bench(args = [(512, 1), (1_428, 1), (1_428, 8)])]
fn transfer(bencher: Bencher<'_, '_>, (blksize, window): (usize, u16)) {
    let file = vec![7u8; FILE];
    let options = if blksize == 512 { String::new() } else { format!("blksize\0{blksize}\0windowsize\0{window}\0") };
    let request = format!("\0\x01file\0octet\0{options}");
    let blocks = FILE / blksize + 1;
    bencher.counter(ItemsCount::new(blocks)).counter(BytesCount::new(FILE)).bench_local(|| {
        let Ok(Packet::Rrq(request)) = Packet::parse(request.as_bytes()) else { return 0 };
        let mut transfer = Transfer::new(Time::ZERO, &request, Quirks::default(), file.as_slice());
        let mut out = Vec::with_capacity(2_048);
        let mut sent = 0u64;
        while transfer.outcome().is_none() {
            let mut last = 0;
            while transfer.poll_transmit(Time::ZERO, &mut out) {
                if let [0, 3, high, low, ..] = *out {
                    last = u16::from_be_bytes([high, low]);
                    sent += 1;
                }
            }
            let [high, low] = last.to_be_bytes();
            transfer.handle(Time::ZERO, &[0, 4, high, low]);
        }
        sent
    });
}

#[divan::bench(args = ["rrq", "ack", "data"])]
fn parse_packet(bencher: Bencher<'_, '_>, kind: &str) {
    let bytes = match kind {
        "rrq" => b"\0\x01SEP0011BB73AD61.cnf.xml\0octet\0tsize\x000\0blksize\x001428\0".to_vec(),
        "ack" => b"\0\x04\0\x07".to_vec(),
        _ => [&b"\0\x03\0\x07"[..], &[7; 1_428]].concat(),
    };
    bencher.bench(|| Packet::parse(black_box(&bytes)).is_ok());
}

#[divan::bench(args = ["SEP0011BB73AD61.cnf.xml", "Desktops\\320x196x4//./List.xml"])]
fn normalise_name(name: &str) -> usize {
    normalise(black_box(name.as_bytes())).map_or(0, |name| name.key().len())
}
