use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

use super::files::Files;
use super::running_md5::{LARGE, RunningMd5};

/// The data of a `COPY … FROM STDIN`: where they stand in a file. They may be larger than memory,
/// hence they are read when they are sent.
#[derive(Debug, Clone)]
pub struct CopyData {
    files: Files,
    path: PathBuf,
    range: Range<u64>,
    sums: Option<Sums>,
}

/// What tells data from others: the MD5 of their file where they begin and where they end, which
/// is at hand when the file was read.
#[derive(Debug, Clone)]
struct Sums {
    before: Md5,
    after: [u8; 16],
}

impl PartialEq for CopyData {
    fn eq(&self, other: &Self) -> bool {
        let after = |data: &Self| data.sums.as_ref().map(|sums| sums.after);
        (&self.path, &self.range, after(self)) == (&other.path, &other.range, after(other))
    }
}

impl Eq for CopyData {}

impl CopyData {
    pub(super) fn new(
        files: &Files,
        path: &Path,
        range: Range<u64>,
        before: Md5,
        after: Md5,
    ) -> Self {
        let sums = Sums { before, after: after.finalize().into() };
        Self { files: files.clone(), path: path.to_owned(), range, sums: Some(sums) }
    }

    /// No data, as of a `COPY` at the very end of a script.
    pub(super) fn none(path: &Path) -> Self {
        Self { files: Files::Disk, path: path.to_owned(), range: 0..0, sums: None }
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

    /// The MD5 of their file up to where they end, in hexadecimal.
    pub fn digest(&self) -> String {
        self.sums.as_ref().map_or_else(String::new, |sums| super::checksum::hex(&sums.after))
    }

    /// Reads them from their file. Reading them to the end fails if they are not what they were
    /// when the script was read.
    pub fn open(&self) -> io::Result<CopyReader> {
        let Some(sums) = &self.sums else {
            return Ok(CopyReader { file: None, left: 0, seen: RunningMd5::default() });
        };
        let file = self.files.open_at(&self.path, self.range.start)?;
        let (left, before) = (self.len(), sums.before.clone());
        let seen =
            if left < LARGE { RunningMd5::Here(before) } else { RunningMd5::in_background(before) };
        Ok(CopyReader { file: Some((file, sums.after)), left, seen })
    }
}

/// Reads the data of a `COPY`, see [`CopyData::open`].
pub struct CopyReader {
    file: Option<(Box<dyn Read + Send>, [u8; 16])>,
    left: u64,
    seen: RunningMd5,
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
        let seen: [u8; 16] = self.seen.so_far().finalize().into();
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
        let data = CopyData::new(
            &Files::Disk,
            &path,
            5..9,
            Md5::new_with_prefix("head\n"),
            Md5::new_with_prefix("head\n1\n2\n"),
        );
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
