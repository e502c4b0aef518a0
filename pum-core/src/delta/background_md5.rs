//! The MD5 of a large file, which takes longer to compute than to read the file: it is computed in
//! the background and awaited on request.

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;

use md5::{Digest, Md5};
use xxhash_rust::xxh3::Xxh3Default;

use super::hex::hex;

/// From this length on it is worth a thread.
pub(super) const LARGE: u64 = 4 * 1024 * 1024;

/// One thread at a time, however many files there are: the others have their work too.
static TURN: Mutex<()> = Mutex::new(());

/// The MD5 of a file that is read once more for it.
#[derive(Clone)]
pub(super) struct BackgroundMd5(Arc<Shared>);

struct Shared {
    path: PathBuf,
    work: Mutex<Option<JoinHandle<io::Result<Sums>>>>,
    /// The first result.
    expected: OnceLock<u128>,
    result: OnceLock<Result<String, String>>,
}

/// The MD5 in hexadecimal, and what tells whether it is that of what was read before.
type Sums = (String, u128);

impl BackgroundMd5 {
    /// Begins to read the file.
    pub(super) fn begin(path: &Path) -> Self {
        let own = path.to_owned();
        // Without a thread it is done when it is needed.
        let work = std::thread::Builder::new().spawn(move || sums(&own)).ok();
        Self(Arc::new(Shared {
            path: path.to_owned(),
            work: Mutex::new(work),
            expected: OnceLock::new(),
            result: OnceLock::new(),
        }))
    }

    /// The complete first result.
    pub(super) fn expect(&self, seen: &Xxh3Default) {
        // There is one first reading.
        let _ = self.0.expected.set(seen.digest128());
    }

    /// The MD5. The error says why there is none: the file cannot be read any more, or is not what
    /// it was.
    pub(super) fn get(&self) -> Result<&str, &str> {
        let result = self.0.result.get_or_init(|| {
            let work = self.0.work.lock().unwrap_or_else(PoisonError::into_inner).take();
            let sums = match work.map(JoinHandle::join) {
                Some(Ok(sums)) => sums,
                Some(Err(_)) | None => sums(&self.0.path),
            };
            match sums {
                Ok((md5, seen)) if self.0.expected.get() == Some(&seen) => Ok(md5),
                Ok(_) => Err("the file was changed while it was read".to_owned()),
                Err(err) => Err(err.to_string()),
            }
        });
        result.as_deref().map_err(String::as_str)
    }
}

impl fmt::Debug for BackgroundMd5 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.get())
    }
}

fn sums(path: &Path) -> io::Result<Sums> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut file = std::fs::File::open(path)?;
    let mut chunk = vec![0; 256 * 1024];
    let (mut md5, mut seen) = (Md5::new(), Box::new(Xxh3Default::new()));
    loop {
        match file.read(&mut chunk) {
            Ok(0) => return Ok((hex(&md5.finalize().into()), seen.digest128())),
            Ok(length) => {
                md5.update(&chunk[..length]);
                seen.update(&chunk[..length]);
            }
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_what_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, "one").unwrap();
        let mut seen = Xxh3Default::new();
        seen.update(b"one");
        let later = BackgroundMd5::begin(&path);
        later.expect(&seen);
        assert_eq!(later.get(), Ok(hex(&Md5::digest("one").into()).as_str()));

        std::fs::write(&path, "two").unwrap();
        let changed = BackgroundMd5::begin(&path);
        changed.expect(&seen);
        assert_eq!(changed.get(), Err("the file was changed while it was read"));
    }
}
