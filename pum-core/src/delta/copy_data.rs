use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3Default;

use super::files::Files;

/// The location in a file of the data of a `COPY … FROM STDIN`. The data may be larger than memory,
/// so they are read when they are sent.
#[derive(Debug, Clone)]
pub struct CopyData {
    files: Files,
    path: PathBuf,
    range: Range<u64>,
    /// What tells them from others, as they were when their file was read.
    hash: u128,
    /// Whether they stand among SQL, which is UTF-8, and are more than ASCII.
    beyond_ascii: bool,
}

impl PartialEq for CopyData {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, &self.range, self.hash) == (&other.path, &other.range, other.hash)
    }
}

impl Eq for CopyData {}

impl CopyData {
    pub(super) fn new(files: &Files, path: &Path, range: Range<u64>, hash: &Xxh3Default) -> Self {
        let (files, path) = (files.clone(), path.to_owned());
        Self { files, path, range, hash: hash.digest128(), beyond_ascii: false }
    }

    /// The same with characters beyond ASCII among them.
    pub(super) fn with_more_than_ascii(self, beyond_ascii: bool) -> Self {
        Self { beyond_ascii, ..self }
    }

    /// Whether nothing in them depends on the encoding that they are sent in, or they have a file
    /// of their own, in whatever encoding.
    pub(super) fn is_ascii(&self) -> bool {
        !self.beyond_ascii
    }

    /// No data, as of a `COPY` at the very end of a script.
    pub(super) fn none(path: &Path) -> Self {
        Self::new(&Files::Disk, path, 0..0, &Xxh3Default::new())
    }

    /// The file that they stand in.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes there are.
    pub fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Whether there are no data.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Their XXH3 hash of 128 bits, in hexadecimal.
    pub fn digest(&self) -> String {
        format!("{:032x}", self.hash)
    }

    /// Opens the data in their file. Reading them to the end fails if they have changed since the
    /// script was read.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened.
    pub fn open(&self) -> io::Result<CopyReader> {
        let seen = Box::new(Xxh3Default::new());
        if self.is_empty() {
            return Ok(CopyReader { file: None, left: 0, seen, expected: self.hash });
        }
        let file = self.files.open_at(&self.path, self.range.start)?;
        Ok(CopyReader { file: Some(file), left: self.len(), seen, expected: self.hash })
    }
}

/// Reads the data of a `COPY`, see [`CopyData::open`].
pub struct CopyReader {
    file: Option<Box<dyn Read + Send>>,
    left: u64,
    seen: Box<Xxh3Default>,
    expected: u128,
}

impl Read for CopyReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(file) = &mut self.file else { return Ok(0) };
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
        if self.left > 0 || self.seen.digest128() != self.expected {
            let message = "the file was changed after it was read";
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
        let mut hash = Xxh3Default::new();
        hash.update(b"1\n2\n");
        let data = CopyData::new(&Files::Disk, &path, 5..9, &hash);
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
