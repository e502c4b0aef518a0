//! The identifier of a server, by which pum tells whether two databases are on the same one. Copied data
//! have that of what they were copied from.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where the first page of a segment of the write-ahead log has it (`XLogLongPageHeaderData`).
const IN_SEGMENT: usize = 24;

/// Gives the data of a server that was never started an identifier of their own.
pub(crate) fn renew(data: &Path) {
    let identifier = new_identifier().to_ne_bytes();
    let file = data.join("global/pg_control");
    let mut control = fs::read(&file).unwrap();
    // Where the checksum is, each version has its own place.
    let end = (200..400)
        .step_by(4)
        .find(|&end| control[end..end + 4] == crc32c(&control[..end]).to_ne_bytes())
        .expect("pg_control has its checksum");
    control[..8].copy_from_slice(&identifier);
    let checksum = crc32c(&control[..end]).to_ne_bytes();
    control[end..end + 4].copy_from_slice(&checksum);
    fs::write(file, control).unwrap();

    for entry in fs::read_dir(data.join("pg_wal")).unwrap() {
        let file = entry.unwrap().path();
        if file.is_file() {
            let mut segment = fs::read(&file).unwrap();
            segment[IN_SEGMENT..IN_SEGMENT + 8].copy_from_slice(&identifier);
            fs::write(file, segment).unwrap();
        }
    }
}

/// As PostgreSQL makes it, from the time and the process; and a count, for servers of one moment.
fn new_identifier() -> u64 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let moment = u64::from(now.subsec_micros() + NEXT.fetch_add(1, Ordering::Relaxed)) & 0xF_FFFF;
    (now.as_secs() << 32) | (moment << 12) | u64::from(std::process::id() & 0xFFF)
}

/// The checksum of `pg_control` (Castagnoli).
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |checksum, &byte| {
        (0..8).fold(checksum ^ u32::from(byte), |rest, _| {
            (rest >> 1) ^ (0x82F6_3B78 & (rest & 1).wrapping_neg())
        })
    })
}
