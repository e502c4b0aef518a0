//! Reads back a complete dump and computes its checksum.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::write::GzDecoder;
use ruzstd::decoding::StreamingDecoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::program::Program;
use super::{DumpError, Format, Tools};
use crate::Interrupt;

/// The size and checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FileSum {
    /// Its name in the directory of the dump.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// The format of a dump, by its first bytes.
///
/// # Errors
///
/// If the file cannot be read.
pub fn format_of(dump: &Path) -> Result<Format, DumpError> {
    let failed = |source| DumpError::File { action: "read", path: dump.to_owned(), cause: source };
    if dump.metadata().map_err(failed)?.is_dir() {
        return Ok(Format::Directory);
    }
    let mut start = Vec::new();
    File::open(dump).and_then(|file| file.take(2048).read_to_end(&mut start)).map_err(failed)?;
    if start.starts_with(b"PGDMP") {
        return Ok(Format::Custom);
    }
    let text = String::from_utf8_lossy(&start);
    if start.starts_with(GZIP) || text.contains("PostgreSQL database dump") {
        return Ok(Format::Plain);
    }
    let output = "it is neither a pg_dump archive nor a pg_dump SQL script".to_owned();
    Err(DumpError::Archive { path: dump.to_owned(), output })
}

/// How a file in gzip's format begins.
const GZIP: &[u8] = &[0x1f, 0x8b];
/// How one in LZ4's frame format begins, and one in Zstandard's.
const LZ4: &[u8] = &[0x04, 0x22, 0x4d, 0x18];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Reads an archive completely: a truncated or damaged one is an error. (Its table of contents
/// alone can be read from a truncated one.)
///
/// # Errors
///
/// If the file is not a complete dump.
pub fn check(tools: &Tools, archive: &Path, interrupt: &Interrupt) -> Result<(), DumpError> {
    read_back(tools, archive, format_of(archive)?, 1, interrupt).map(drop)
}

/// Reads a dump completely and gives the checksums of its files.
///
/// A custom archive is read by `pg_restore`, while its checksum is made beside it. Of a directory,
/// `pg_restore` reads the table of contents, and each file is unpacked here, several at once: gzip
/// has a checksum at its end, and a table's data their own end, however they are packed
/// (`pg_restore` takes a cut file of Zstandard for a whole one). A script ends with a line that
/// says so.
pub(super) fn read_back(
    tools: &Tools,
    dump: &Path,
    format: Format,
    jobs: usize,
    interrupt: &Interrupt,
) -> Result<Vec<FileSum>, DumpError> {
    interrupt.check()?;
    match format {
        Format::Custom => std::thread::scope(|scope| {
            let sum = scope.spawn(|| read_file(dump, &mut io::sink(), interrupt));
            let all = ["--file=/dev/null".into()];
            run_restore(tools, dump, all, interrupt)?;
            let sum = sum.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            Ok(vec![sum?])
        }),
        Format::Plain => Ok(vec![inspect(dump, End::Script, interrupt)?]),
        Format::Directory => {
            let list = run_restore(tools, dump, ["--list".into()], interrupt)?;
            let sums = directory_sums(dump, true, jobs, interrupt)?;
            is_complete(dump, &list, &sums)?;
            Ok(sums)
        }
    }
}

/// The checksums of a dump's files, without a look at what is in them.
pub(super) fn sums(
    dump: &Path,
    format: Format,
    jobs: usize,
    interrupt: &Interrupt,
) -> Result<Vec<FileSum>, DumpError> {
    match format {
        Format::Directory => directory_sums(dump, false, jobs, interrupt),
        Format::Custom | Format::Plain => Ok(vec![read_file(dump, &mut io::sink(), interrupt)?]),
    }
}

/// Runs `pg_restore` on an archive and gives what it prints.
pub(super) fn run_restore(
    tools: &Tools,
    archive: &Path,
    options: impl IntoIterator<Item = std::ffi::OsString>,
    interrupt: &Interrupt,
) -> Result<Vec<u8>, DumpError> {
    let program = Program::new(&tools.pg_restore.path, options, None, Some(archive))?;
    let captured = program.capture(interrupt)?;
    if captured.outcome.success {
        return Ok(captured.stdout);
    }
    let (path, output) = (archive.to_owned(), captured.outcome.output.trim().to_owned());
    if output.contains("unsupported version") {
        let (program, version) = (tools.pg_restore.path.clone(), tools.pg_restore.version.0);
        return Err(DumpError::NewerFormat { path, program, version, output });
    }
    Err(DumpError::Archive { path, output })
}

/// The files that the table of contents and the lists of large objects name.
fn is_complete(dump: &Path, list: &[u8], sums: &[FileSum]) -> Result<(), DumpError> {
    let missing = |name: &str| {
        !sums.iter().any(|sum| {
            sum.name == name
                || sum.name.strip_prefix(name).is_some_and(|e| matches!(e, ".gz" | ".lz4" | ".zst"))
        })
    };
    let list = String::from_utf8_lossy(list);
    let tables = list.lines().filter_map(|line| {
        let (item, rest) = line.split_once("; ")?;
        let kind = rest.splitn(3, ' ').nth(2)?;
        item.parse::<u32>().ok()?;
        kind.starts_with("TABLE DATA ").then(|| format!("{item}.dat"))
    });
    let mut names: Vec<String> = tables.collect();
    for sum in sums.iter().filter(|s| s.name.starts_with("blobs") && ends_in(s, &["toc"])) {
        let path = dump.join(&sum.name);
        let text = std::fs::read_to_string(&path).map_err(|source| DumpError::File {
            action: "read",
            path,
            cause: source,
        })?;
        names.extend(text.lines().filter_map(|line| Some(line.split_once(' ')?.1.to_owned())));
    }
    match names.iter().find(|name| missing(name)) {
        None => Ok(()),
        Some(name) => {
            let output = format!("the file {name} of its table of contents is missing");
            Err(DumpError::Archive { path: dump.to_owned(), output })
        }
    }
}

fn ends_in(sum: &FileSum, extensions: &[&str]) -> bool {
    let extension = Path::new(&sum.name).extension();
    extension.is_some_and(|found| extensions.iter().any(|wanted| found == *wanted))
}

/// The checksums of all files of a directory, made by several threads.
fn directory_sums(
    directory: &Path,
    unpack: bool,
    jobs: usize,
    interrupt: &Interrupt,
) -> Result<Vec<FileSum>, DumpError> {
    let failed =
        |source| DumpError::File { action: "read", path: directory.to_owned(), cause: source };
    let mut files = Vec::new();
    for entry in directory.read_dir().map_err(failed)? {
        let entry = entry.map_err(failed)?;
        files.push((entry.metadata().map_err(failed)?.len(), entry.path()));
    }
    // The largest first, so that no thread is left alone with it in the end.
    files.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((_, path)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let sum = if unpack {
                inspect(path, End::from_path(path), interrupt)
            } else {
                read_file(path, &mut io::sink(), interrupt)
            };
            found.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(sum);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..jobs.max(1) {
            scope.spawn(work);
        }
        work();
    });
    let found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut sums = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    sums.sort();
    Ok(sums)
}

/// The uncompressed end of a complete file.
#[derive(Clone, Copy)]
enum End {
    /// Anything.
    Any,
    /// The end of COPY data.
    Data,
    /// The last line of a script.
    Script,
}

impl End {
    /// That of a file in a directory: `3410.dat` has the data of a table.
    fn from_path(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let packed = [".gz", ".lz4", ".zst"].iter().find_map(|packed| name.strip_suffix(packed));
        let name = packed.unwrap_or(&name);
        let number = name.strip_suffix(".dat").unwrap_or_default();
        let is_data = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if is_data { Self::Data } else { Self::Any }
    }

    fn is_in(self, ends: &Ends) -> bool {
        let (head, tail) =
            (String::from_utf8_lossy(&ends.head), String::from_utf8_lossy(&ends.tail));
        match self {
            Self::Any => true,
            Self::Data => tail.trim_end().ends_with("\\."),
            // What newer versions restrict in the beginning they give free in the end.
            Self::Script => match head.lines().find_map(|line| line.strip_prefix("\\restrict ")) {
                Some(word) => tail.ends_with(&format!("\\unrestrict {word}\n\n")),
                None => tail.ends_with("-- PostgreSQL database dump complete\n--\n\n"),
            },
        }
    }
}

/// The checksum of a file, which is unpacked if it is packed, and whose end is looked at.
fn inspect(path: &Path, end: End, interrupt: &Interrupt) -> Result<FileSum, DumpError> {
    let cut = |why: String| DumpError::Archive {
        path: path.to_owned(),
        output: format!("it is truncated or was altered ({why})"),
    };
    let mut start = Vec::new();
    let failed = |source| DumpError::File { action: "read", path: path.to_owned(), cause: source };
    File::open(path).and_then(|file| file.take(4).read_to_end(&mut start)).map_err(failed)?;
    let mut ends = Ends::default();
    let sum = if start.starts_with(GZIP) {
        let mut decoder = GzDecoder::new(ends);
        let sum = read_file(path, &mut decoder, interrupt)?;
        ends = decoder.finish().map_err(|err| cut(err.to_string()))?;
        sum
    } else if start == LZ4 || start == ZSTD {
        let file = File::open(path).map_err(failed)?;
        // What is left unpacked behind the end is read by the checksum alone.
        let unpacked = if start == LZ4 {
            copy(lz4_flex::frame::FrameDecoder::new(file), &mut ends, interrupt)
        } else {
            StreamingDecoder::new(file)
                .map_err(io::Error::other)
                .and_then(|decoder| copy(decoder, &mut ends, interrupt))
        };
        interrupt.check()?;
        unpacked.map_err(|err| cut(err.to_string()))?;
        read_file(path, &mut io::sink(), interrupt)?
    } else {
        read_file(path, &mut ends, interrupt)?
    };
    if end.is_in(&ends) { Ok(sum) } else { Err(cut("its end is missing".to_owned())) }
}

/// Copies all that there is, or until an interrupt.
fn copy(mut from: impl Read, to: &mut impl Write, interrupt: &Interrupt) -> io::Result<()> {
    let mut buffer = vec![0; 256 << 10];
    loop {
        let length = from.read(&mut buffer)?;
        if length == 0 || interrupt.is_triggered() {
            return Ok(());
        }
        to.write_all(&buffer[..length])?;
    }
}

/// Keeps the beginning and the end of what is written to it.
#[derive(Default)]
struct Ends {
    head: Vec<u8>,
    tail: Vec<u8>,
}

const KEPT: usize = 512;

impl Write for Ends {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let missing = bytes.len().min(KEPT - self.head.len());
        self.head.extend_from_slice(&bytes[..missing]);
        let new = &bytes[bytes.len().saturating_sub(KEPT)..];
        let kept = self.tail.len().min(KEPT - new.len());
        self.tail.drain(..self.tail.len() - kept);
        self.tail.extend_from_slice(new);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a file once: its checksum is made and its bytes are written to `also`.
fn read_file(
    path: &Path,
    also: &mut dyn Write,
    interrupt: &Interrupt,
) -> Result<FileSum, DumpError> {
    let failed = |source: io::Error| match source.kind() {
        // What the unpacking says of bytes that are wrong.
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => DumpError::Archive {
            path: path.to_owned(),
            output: format!("it was altered ({source})"),
        },
        _ => DumpError::File { action: "read", path: path.to_owned(), cause: source },
    };
    let mut file = File::open(path).map_err(failed)?;
    let (mut hash, mut bytes) = (Sha256::new(), 0);
    let mut buffer = vec![0; 256 << 10];
    loop {
        interrupt.check()?;
        let length = file.read(&mut buffer).map_err(failed)?;
        if length == 0 {
            break;
        }
        hash.update(&buffer[..length]);
        also.write_all(&buffer[..length]).map_err(failed)?;
        bytes += length as u64;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(FileSum { name, bytes, sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn seen(name: &str, bytes: &[u8], end: Option<End>) -> Result<FileSum, DumpError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        inspect(&path, end.unwrap_or_else(|| End::from_path(&path)), &Interrupt::new())
    }

    #[test]
    fn a_file_that_was_cut_or_altered_is_noticed() {
        let data = "1\tone\n".repeat(5000) + "\\.\n\n\n";
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(data.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(seen("7.dat", data.as_bytes(), None).unwrap().bytes, data.len() as u64);
        seen("7.dat.gz", &packed, None).unwrap();
        for cut in [0, 1, 5, packed.len() / 2, packed.len() - 9, packed.len() - 4, packed.len() - 1]
        {
            assert!(seen("7.dat.gz", &packed[..cut], None).is_err(), "cut at {cut}");
        }
        for at in [12, packed.len() / 2, packed.len() - 6] {
            let mut altered = packed.clone();
            altered[at] ^= 0x10;
            assert!(seen("7.dat.gz", &altered, None).is_err(), "altered at {at}");
        }
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(data.as_bytes()).unwrap();
        let lz4 = encoder.finish().unwrap();
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let zstd = ruzstd::encoding::compress_to_vec(data.as_bytes(), level);
        for (name, packed) in [("7.dat.lz4", lz4), ("7.dat.zst", zstd)] {
            seen(name, &packed, None).unwrap();
            for cut in [1, 5, packed.len() / 2, packed.len() - 9, packed.len() - 5] {
                assert!(seen(name, &packed[..cut], None).is_err(), "{name} cut at {cut}");
            }
        }
        assert!(seen("7.dat", &data.as_bytes()[..data.len() - 4], None).is_err());
        assert!(seen("7.dat", b"", None).is_err());
        seen("blob_7.dat", b"", None).unwrap();
        let script = b"SELECT 1;\n--\n-- PostgreSQL database dump complete\n--\n\n";
        seen("x.sql", script, Some(End::Script)).unwrap();
        assert!(seen("x.sql", &script[..script.len() - 1], Some(End::Script)).is_err());
        let newer = [b"--\n\\restrict ab\n", &script[..], b"\\unrestrict ab\n\n"].concat();
        seen("x.sql", &newer, Some(End::Script)).unwrap();
        for cut in [1, 5, 17] {
            assert!(seen("x.sql", &newer[..newer.len() - cut], Some(End::Script)).is_err());
        }
    }

    #[test]
    fn the_checksum_is_that_of_sha256sum() {
        let sum = seen("x", b"abc", Some(End::Any)).unwrap().sha256;
        assert_eq!(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn what_came_first_and_last_is_kept() {
        let mut ends = Ends::default();
        let text: String = (0..500).map(|n| format!("{n},")).collect();
        for piece in text.as_bytes().chunks(7) {
            ends.write_all(piece).unwrap();
        }
        assert_eq!(ends.head, &text.as_bytes()[..KEPT]);
        assert_eq!(ends.tail, &text.as_bytes()[text.len() - KEPT..]);
    }
}
