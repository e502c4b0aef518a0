use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

/// The data of a `COPY … FROM STDIN`: where they stand in a file. They may be larger than memory,
/// hence they are read when they are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyData {
    path: PathBuf,
    range: Range<u64>,
    digest: Option<[u8; 16]>,
}

impl CopyData {
    pub(super) fn new(path: &Path, range: Range<u64>, digest: [u8; 16]) -> Self {
        Self { path: path.to_owned(), range, digest: Some(digest) }
    }

    /// No data, as of a `COPY` at the very end of a script.
    pub(super) fn none(path: &Path) -> Self {
        Self { path: path.to_owned(), range: 0..0, digest: None }
    }

    /// The file that they stand in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Their MD5, in hexadecimal.
    pub fn digest(&self) -> String {
        self.digest.map_or_else(String::new, |digest| super::checksum::hex(&digest))
    }

    /// Reads them from their file. Reading them to the end fails if they are not what they were
    /// when the script was read.
    pub fn open(&self) -> io::Result<CopyReader> {
        let mut left = 0;
        let mut file = None;
        if let Some(digest) = self.digest {
            let mut opened = File::open(&self.path)?;
            opened.seek(SeekFrom::Start(self.range.start))?;
            file = Some((opened, digest));
            left = self.len();
        }
        Ok(CopyReader { file, left, seen: Md5::new() })
    }
}

/// Reads the data of a `COPY`, see [`CopyData::open`].
pub struct CopyReader {
    file: Option<(File, [u8; 16])>,
    left: u64,
    seen: Md5,
}

impl Read for CopyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some((file, digest)) = &mut self.file else { return Ok(0) };
        let wanted = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let count = file.read(&mut buffer[..wanted])?;
        if count > 0 {
            self.seen.update(&buffer[..count]);
            self.left -= count as u64;
            return Ok(count);
        }
        if wanted == 0 && self.left > 0 {
            return Ok(0); // the caller's buffer is empty
        }
        let seen: [u8; 16] = std::mem::take(&mut self.seen).finalize().into();
        if self.left > 0 || seen != *digest {
            let message = "the file was changed after it had been read";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.file = None;
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        std::fs::write(&path, "head\n1\n2\ntail").unwrap();
        let data = CopyData::new(&path, 5..9, Md5::digest("1\n2\n").into());
        let read = || io::read_to_string(data.open()?);
        assert_eq!(read().unwrap(), "1\n2\n");
        std::fs::write(&path, "HEAD\n1\n2\nother tail").unwrap();
        assert_eq!(read().unwrap(), "1\n2\n", "what stands around does not count here");
        for changed in ["head\n1\n3\ntail", "head\n1\n", ""] {
            std::fs::write(&path, changed).unwrap();
            assert!(read().unwrap_err().to_string().contains("was changed"), "{changed}");
        }
        assert_eq!(io::read_to_string(CopyData::none(&path).open().unwrap()).unwrap(), "");
    }
}
