//! The number by which a cluster is told from all others: a copy of a cluster must not have that of
//! another one, for then their databases would be taken for the same.
//!
//! It stands in `global/pg_control` (`ControlFileData` in `pg_control.h`), which a CRC-32C ends, and
//! in the header of each file of `pg_wal` (`XLogLongPageHeaderData` in `xlog_internal.h`). Numbers
//! are in the byte order of the machine.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Gives a cluster that is not running, and was shut down properly, another system identifier.
///
/// # Errors
///
/// If its files are not as they are known to be; they may be changed in part then.
pub(super) fn renew(data: &Path) -> io::Result<()> {
    let new = new_identifier();
    let path = data.join("global/pg_control");
    let mut control = fs::read(&path)?;
    let old = control_identifier(&control)?;
    let at = checksum_place(&control).ok_or_else(|| io::Error::other("no CRC in pg_control"))?;
    control[..8].copy_from_slice(&new.to_ne_bytes());
    let checksum = crc32c(&control[..at]);
    control[at..at + 4].copy_from_slice(&checksum.to_ne_bytes());
    fs::write(&path, control)?;
    for entry in fs::read_dir(data.join("pg_wal"))? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            renew_segment(&entry.path(), old, new)?;
        }
    }
    Ok(())
}

fn control_identifier(control: &[u8]) -> io::Result<u64> {
    let bytes = control.first_chunk().ok_or_else(|| io::Error::other("pg_control is too short"))?;
    Ok(u64::from_ne_bytes(*bytes))
}

/// The header of a file of WAL has the identifier behind 24 bytes.
fn renew_segment(path: &Path, old: u64, new: u64) -> io::Result<()> {
    const PLACE: u64 = 24;
    let file = File::options().read(true).write(true).open(path)?;
    let mut found = [0; 8];
    file.read_exact_at(&mut found, PLACE)?;
    if u64::from_ne_bytes(found) != old {
        return Err(io::Error::other("another system identifier in WAL"));
    }
    file.write_all_at(&new.to_ne_bytes(), PLACE)
}

/// As `initdb` makes it: of the time, in seconds and microseconds, and the process. A count keeps two of
/// one moment apart.
fn new_identifier() -> u64 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let moment = now.subsec_micros() + (NEXT.fetch_add(1, Ordering::Relaxed) & 0x7FFF);
    let within = u64::from(moment & 0xF_FFFF) << 12;
    (now.as_secs() << 32) | within | u64::from(std::process::id() & 0xFFF)
}

/// Where the CRC of `pg_control` stands, which every major version has in another place: behind
/// the bytes of which it is the CRC.
fn checksum_place(control: &[u8]) -> Option<usize> {
    // The structure fits into a sector.
    const LARGEST: usize = 512;
    let places = (64..control.len().min(LARGEST)).step_by(4);
    places.into_iter().find(|at| {
        let stored = control.get(*at..at + 4).and_then(|bytes| bytes.try_into().ok());
        stored.is_some_and(|stored| u32::from_ne_bytes(stored) == crc32c(&control[..*at]))
    })
}

/// CRC-32C (Castagnoli), bit by bit: a few hundred bytes.
fn crc32c(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82F6_3B78;
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { POLYNOMIAL } else { 0 }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the algorithm's definition (RFC 3720, B.4 has more).
    #[test]
    fn the_crc_is_that_of_castagnoli() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
    }

    #[test]
    fn the_place_of_the_checksum_is_found() {
        let mut control: Vec<u8> = (0..=255).cycle().take(1024).collect();
        assert_eq!(checksum_place(&control), None);
        let checksum = crc32c(&control[..288]);
        control[288..292].copy_from_slice(&checksum.to_ne_bytes());
        assert_eq!(checksum_place(&control), Some(288));
    }
}
