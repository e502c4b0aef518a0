use std::path::{Path, PathBuf};

use md5::{Digest, Md5};

use xxhash_rust::xxh3::Xxh3Default;

use super::later_md5::{LARGE, LaterMd5};

/// The checksum of a file as the upgrades table records it: the MD5 of its raw bytes, in
/// hexadecimal, as the Python program computes it. Of a script that includes other files it is the
/// MD5 of all their checksums.
///
/// A checkout may turn LF into CRLF or back, which is no change of the delta: [`Checksum::matches`]
/// knows the checksums of the same text with either line ending.
#[derive(Debug, Clone)]
pub struct Checksum {
    raw: Raw,
    others: Others,
}

#[derive(Debug, Clone)]
enum Raw {
    Known(String),
    /// Of a large file.
    Later(LaterMd5),
}

/// The checksums of the same text with other line endings.
#[derive(Debug, Clone)]
enum Others {
    Known {
        lf: String,
        crlf: String,
    },
    /// Of a large file they are computed only when somebody asks.
    InFile(PathBuf),
    /// Of a script that includes others, which go by these names.
    Included {
        own: Box<Checksum>,
        included: Vec<(String, Checksum)>,
    },
}

impl PartialEq for Checksum {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Checksum {}

impl Checksum {
    /// The checksum of a file's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut endings = Endings::default();
        endings.update(bytes);
        let (lf, crlf) = endings.finish();
        let raw = hex(&Md5::digest(bytes).into());
        Self { raw: Raw::Known(raw), others: Others::Known { lf, crlf } }
    }

    /// What a new row of the upgrades table gets. Of a large file it is computed beside what else
    /// is done, and may have to be waited for. Of a file that was changed while it was read there is
    /// none, see [`Checksum::settled`]; this is no checksum then.
    pub fn as_str(&self) -> &str {
        match &self.raw {
            Raw::Known(raw) => raw,
            Raw::Later(later) => later.get().unwrap_or(UNSETTLED),
        }
    }

    /// Whether there is one, which must be so before it is recorded. The error says why there is
    /// none.
    pub fn settled(&self) -> Result<(), String> {
        match (&self.raw, &self.others) {
            (Raw::Later(later), _) => later.get().map(drop).map_err(str::to_owned),
            (Raw::Known(_), Others::Included { own, included }) => {
                let mut all = std::iter::once(&**own).chain(included.iter().map(|(_, one)| one));
                all.try_for_each(Self::settled)
            }
            (Raw::Known(_), _) => Ok(()),
        }
    }

    /// Whether `recorded` is the checksum of this text, whatever its line endings were.
    pub fn matches(&self, recorded: &str) -> bool {
        self.as_str() == recorded
            || self.others().is_ok_and(|(lf, crlf)| lf == recorded || crlf == recorded)
    }

    /// The checksums of the text with LF and with CRLF.
    fn others(&self) -> std::io::Result<(String, String)> {
        match &self.others {
            Others::Known { lf, crlf } => Ok((lf.clone(), crlf.clone())),
            Others::InFile(path) => Endings::of_file(path),
            Others::Included { own, included } => {
                let (mut all_lf, mut all_crlf) = own.others()?;
                for list in [&mut all_lf, &mut all_crlf] {
                    list.push('\n');
                }
                for (name, checksum) in included {
                    let (lf, crlf) = checksum.others()?;
                    all_lf += &format!("{lf} {name}\n");
                    all_crlf += &format!("{crlf} {name}\n");
                }
                let sum = |list: String| hex(&Md5::digest(list).into());
                Ok((sum(all_lf), sum(all_crlf)))
            }
        }
    }

    /// The checksum of a file that includes others, which go by these names.
    pub(super) fn with_included(self, included: Vec<(String, Self)>) -> Self {
        let mut list = format!("{}\n", self.as_str());
        for (name, checksum) in &included {
            list += &format!("{} {name}\n", checksum.as_str());
        }
        let raw = Raw::Known(hex(&Md5::digest(list).into()));
        Self { raw, others: Others::Included { own: Box::new(self), included } }
    }
}

/// A checksum of bytes that come in one after the other.
pub(super) enum RunningChecksum {
    Here {
        raw: Md5,
        endings: Box<Endings>,
    },
    /// Of a large file only what tells whether it stays what it is; the rest is done beside.
    Beside {
        seen: Box<Xxh3Default>,
        later: LaterMd5,
        path: PathBuf,
    },
}

impl RunningChecksum {
    /// For a file of so many bytes; `path`: where it can be read again.
    pub(super) fn new(path: Option<&Path>, length: u64) -> Self {
        let Some(path) = path.filter(|_| length >= LARGE) else {
            return Self::Here { raw: Md5::new(), endings: Box::default() };
        };
        let later = LaterMd5::begin(path);
        Self::Beside { seen: Box::new(Xxh3Default::new()), later, path: path.to_owned() }
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        match self {
            Self::Here { raw, endings } => {
                raw.update(chunk);
                endings.update(chunk);
            }
            Self::Beside { seen, .. } => seen.update(chunk),
        }
    }

    pub(super) fn finish(self) -> Checksum {
        match self {
            Self::Here { raw, endings } => {
                let (lf, crlf) = endings.finish();
                let raw = Raw::Known(hex(&raw.finalize().into()));
                Checksum { raw, others: Others::Known { lf, crlf } }
            }
            Self::Beside { seen, later, path } => {
                later.expect(&seen);
                Checksum { raw: Raw::Later(later), others: Others::InFile(path) }
            }
        }
    }
}

/// What stands for the checksum of a file that has none.
const UNSETTLED: &str = "changed while it was read";

/// The checksums of a text with either line ending.
#[derive(Default)]
pub(super) struct Endings {
    lf: Md5,
    crlf: Md5,
    /// The last chunk ended between CR and, maybe, LF.
    after_cr: bool,
}

impl Endings {
    fn of_file(path: &Path) -> std::io::Result<(String, String)> {
        use std::io::Read;
        let mut file = std::fs::File::open(path)?;
        let mut chunk = vec![0; 1024 * 1024];
        let mut endings = Self::default();
        loop {
            let length = file.read(&mut chunk)?;
            if length == 0 {
                return Ok(endings.finish());
            }
            endings.update(&chunk[..length]);
        }
    }

    fn update(&mut self, chunk: &[u8]) {
        let mut unix = Vec::with_capacity(chunk.len() + 1);
        for &byte in chunk {
            if self.after_cr && byte != b'\n' {
                unix.push(b'\r');
            }
            self.after_cr = byte == b'\r';
            if !self.after_cr {
                unix.push(byte);
            }
        }
        self.lf.update(&unix);
        let mut dos = Vec::with_capacity(unix.len());
        for line in unix.split_inclusive(|&byte| byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) => {
                    dos.extend_from_slice(text);
                    dos.extend_from_slice(b"\r\n");
                }
                None => dos.extend_from_slice(line),
            }
        }
        self.crlf.update(&dos);
    }

    fn finish(mut self) -> (String, String) {
        if self.after_cr {
            self.lf.update(b"\r");
            self.crlf.update(b"\r");
        }
        (hex(&self.lf.finalize().into()), hex(&self.crlf.finalize().into()))
    }
}

pub(super) fn hex(digest: &[u8; 16]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_md5_of_the_raw_bytes() {
        // md5sum of "select 1;\n" and of "select 1;\r\n"
        assert_eq!(Checksum::of(b"").as_str(), "d41d8cd98f00b204e9800998ecf8427e");
        assert_ne!(Checksum::of(b"a\n").as_str(), Checksum::of(b"a\r\n").as_str());
    }

    #[test]
    fn line_endings_do_not_count_and_everything_else_does() {
        let dos = Checksum::of(b"select 1;\r\nselect 2;\r\n");
        let unix = Checksum::of(b"select 1;\nselect 2;\n");
        assert!(dos.matches(unix.as_str()));
        assert!(unix.matches(dos.as_str()));
        assert!(!unix.matches(Checksum::of(b"select 1;\nselect 3;\n").as_str()));
    }

    #[test]
    fn in_pieces_it_is_the_same() {
        let text = b"a\r\nb\n\rc\r\r\nd\n\r";
        for cut in 0..text.len() {
            let mut endings = Endings::default();
            endings.update(&text[..cut]);
            endings.update(&text[cut..]);
            assert_eq!(endings.finish(), Checksum::of(text).others().unwrap(), "{cut}");
        }
        let md5 = |bytes: &[u8]| hex(&Md5::digest(bytes).into());
        let long = "0123456789\n".repeat(100_000);
        let sum = Checksum::of(long.as_bytes());
        assert_eq!(sum.as_str(), md5(long.as_bytes()));
        assert!(sum.matches(&md5(long.replace('\n', "\r\n").as_bytes())));
        let sum = Checksum::of(text);
        assert_eq!(sum.as_str(), md5(text));
        let others = [b"a\nb\n\rc\r\nd\n\r".as_slice(), b"a\r\nb\r\n\rc\r\r\nd\r\n\r"];
        assert_eq!(sum.others().unwrap(), (md5(others[0]), md5(others[1])));
    }
}
