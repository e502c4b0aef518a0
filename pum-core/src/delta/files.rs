//! Where a script's files are read from: the disk, or the program that they are embedded in.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::DeltaError;
use super::listing::files_in;

/// Where files are read from.
#[derive(Debug, Clone)]
pub(super) enum Files {
    /// From the disk.
    Disk,
    /// From the disk, decompressed.
    Through(Unpack),
    /// From memory, by their paths within the delta directory.
    Embedded(Arc<BTreeMap<PathBuf, &'static [u8]>>),
}

/// Returns a reader for the contents of a file, such as a decompressor.
#[derive(Clone)]
pub struct Unpack(Arc<Unpacking>);

type Unpacking = dyn Fn(File) -> io::Result<Box<dyn Read + Send>> + Send + Sync;

impl Unpack {
    /// From a function, which must be deterministic.
    pub fn new(
        unpack: impl Fn(File) -> io::Result<Box<dyn Read + Send>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(unpack))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Read + Send>> {
        self.0(File::open(path)?)
    }
}

impl fmt::Debug for Unpack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unpack")
    }
}

/// How much is read at once.
const BUFFER: usize = 256 * 1024;

/// What a file is read through.
pub(super) type Input = Box<dyn BufRead + Send>;

impl Files {
    /// Opens a file, to be read from its start; and its length.
    pub(super) fn open(&self, path: &Path) -> io::Result<(Input, u64)> {
        match self {
            Self::Disk => {
                let file = File::open(path)?;
                let length = file.metadata()?.len();
                Ok((Box::new(BufReader::with_capacity(BUFFER, file)), length))
            }
            Self::Through(unpack) => {
                let length = path.metadata()?.len();
                Ok((Box::new(BufReader::with_capacity(BUFFER, unpack.open(path)?)), length))
            }
            Self::Embedded(_) => {
                let bytes = self.embedded(path)?;
                Ok((Box::new(Cursor::new(bytes)), bytes.len() as u64))
            }
        }
    }

    /// Opens a file, to be read from this byte on.
    pub(super) fn open_at(&self, path: &Path, start: u64) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Self::Disk => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(start))?;
                Ok(Box::new(file))
            }
            Self::Through(unpack) => {
                let mut unpacked = unpack.open(path)?;
                io::copy(&mut unpacked.by_ref().take(start), &mut io::sink())?;
                Ok(unpacked)
            }
            Self::Embedded(_) => {
                let mut bytes = Cursor::new(self.embedded(path)?);
                bytes.set_position(start);
                Ok(Box::new(bytes))
            }
        }
    }

    /// A whole file as a text.
    pub(super) fn read_to_string(&self, path: &Path) -> io::Result<String> {
        match self {
            Self::Disk => std::fs::read_to_string(path),
            Self::Through(unpack) => io::read_to_string(unpack.open(path)?),
            Self::Embedded(_) => {
                let bytes = self.embedded(path)?.to_vec();
                String::from_utf8(bytes)
                    .map_err(|err| io::Error::new(io::ErrorKind::InvalidData, err))
            }
        }
    }

    /// The one path of a file or directory, whatever leads to it.
    pub(super) fn real(&self, path: &Path) -> io::Result<PathBuf> {
        match self {
            Self::Disk | Self::Through(_) => path.canonicalize(),
            Self::Embedded(files) => plain(path)
                .filter(|path| files.keys().any(|file| file.starts_with(path)))
                .ok_or_else(missing),
        }
    }

    /// Whether this is a file, and no directory.
    pub(super) fn is_file(&self, path: &Path) -> bool {
        match self {
            Self::Disk | Self::Through(_) => path.is_file(),
            Self::Embedded(files) => files.contains_key(path),
        }
    }

    /// Whether this is a directory.
    pub(super) fn is_directory(&self, path: &Path) -> bool {
        match self {
            Self::Disk | Self::Through(_) => path.is_dir(),
            Self::Embedded(files) => files.keys().any(|file| file.parent() == Some(path)),
        }
    }

    /// The files of a directory, sorted by name.
    pub(super) fn of_directory(&self, directory: &Path) -> Result<Vec<PathBuf>, DeltaError> {
        match self {
            Self::Disk | Self::Through(_) => files_in(directory),
            Self::Embedded(files) => {
                let inside = files.keys().filter(|file| file.parent() == Some(directory));
                Ok(inside.cloned().collect())
            }
        }
    }

    /// Whether files stand on the disk as they are read, and can be executed.
    pub(super) fn are_on_disk(&self) -> bool {
        matches!(self, Self::Disk)
    }

    fn embedded(&self, path: &Path) -> io::Result<&'static [u8]> {
        let Self::Embedded(files) = self else { return Err(missing()) };
        files.get(path).copied().ok_or_else(missing)
    }
}

fn missing() -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, "it is not among the embedded files")
}

/// A path within the embedded directory without `.` and `..`; `None` if it leads out of it.
pub(super) fn plain(path: &Path) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => plain.push(name),
            Component::CurDir => {}
            Component::ParentDir => {
                if !plain.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}
