//! Reads files that are compressed with gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::SourceError;
use crate::delta::{DeltaError, Script, Unpack};

/// The bytes that gzip begins a file with.
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Reads a file of SQL, unpacked if it is packed.
pub(super) fn script(path: &Path) -> Result<Script, SourceError> {
    let unreadable = |source| DeltaError::File { path: path.to_owned(), cause: source };
    let mut start = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(2).read_to_end(&mut start).map_err(unreadable)?;
    let script = if start == GZIP {
        Script::read_through(path, Unpack::new(unpacked))
    } else {
        Script::read(path)
    };
    Ok(script?)
}

/// The first bytes of a file, unpacked if it is packed.
pub(super) fn start(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let mut start = Vec::new();
    let mut file = BufReader::new(File::open(path)?);
    let packed = file.fill_buf()?.starts_with(GZIP);
    if packed {
        Gzip(MultiGzDecoder::new(file)).take(4096).read_to_end(&mut start)?;
    } else {
        file.take(4096).read_to_end(&mut start)?;
    }
    Ok((start, packed))
}

/// What a file holds, unpacked if it is packed.
fn unpacked(file: File) -> io::Result<Box<dyn Read + Send>> {
    let mut file = BufReader::new(file);
    if file.fill_buf()?.starts_with(GZIP) {
        return Ok(Box::new(Gzip(MultiGzDecoder::new(file))));
    }
    Ok(Box::new(file))
}

/// Says of what is not as gzip made it that it is so.
struct Gzip(MultiGzDecoder<BufReader<File>>);

impl Read for Gzip {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        self.0.read(buffer).map_err(|err| match err.kind() {
            InvalidData | InvalidInput | UnexpectedEof => io::Error::new(
                err.kind(),
                format!("it is compressed with gzip, and was truncated or altered ({err})"),
            ),
            _ => err,
        })
    }
}
