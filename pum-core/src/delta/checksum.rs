use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use memchr::memchr2;
use xxhash_rust::xxh3::Xxh3Default;

use super::background_md5::{BackgroundMd5, LARGE};
use super::hex::hex;

/// The checksum of a file as recorded in the upgrades table: the MD5 of its raw bytes in
/// hexadecimal, as computed by the Python program. For a script that includes other files, it is
/// the MD5 of all their checksums.
///
/// An editor or a checkout may convert line endings (LF, CRLF, CR), which does not count as a
/// change of the delta: [`Checksum::matches`] accepts the checksums of the same text with each of
/// them.
#[derive(Debug, Clone)]
pub struct Checksum {
    raw: Raw,
    others: Others,
}

#[derive(Debug, Clone)]
enum Raw {
    Known(String),
    /// Of a large file.
    Later(BackgroundMd5),
}

/// The checksums of the same text with other line endings.
#[derive(Debug, Clone)]
enum Others {
    Known(Variants),
    /// Of a large file they are computed only on request.
    InFile(PathBuf),
    /// Of a script that includes others, which go by these names.
    Included {
        own: Box<Checksum>,
        included: Vec<(String, Checksum)>,
    },
}

/// The checksums of a text with LF, CRLF and CR for all its line ends; then with LF and CRLF where
/// what is a lone CR stays so, as a checkout leaves it.
type Variants = [String; 5];

impl PartialEq for Checksum {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Checksum {}

impl Checksum {
    /// The checksum of a file's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut endings = Endings::default();
        endings.update(bytes);
        let raw = hex(&Md5::digest(bytes).into());
        Self { raw: Raw::Known(raw), others: Others::Known(endings.finish()) }
    }

    /// The text for a new row of the upgrades table. For a large file it is computed in the
    /// background, so this may block. If the file changed while it was read, there is no checksum
    /// (see [`Checksum::settled`]), and the text is not one.
    pub fn as_str(&self) -> &str {
        match &self.raw {
            Raw::Known(raw) => raw,
            Raw::Later(later) => later.get().unwrap_or(UNSETTLED),
        }
    }

    /// Checks that there is a checksum, as required before it is recorded. The error says why there
    /// is none.
    ///
    /// # Errors
    ///
    /// If the data could not be read completely.
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

    /// Whether `recorded` is the checksum of this text with any line endings.
    pub fn matches(&self, recorded: &str) -> bool {
        self.as_str() == recorded
            || self.others().is_ok_and(|others| others.iter().any(|other| other == recorded))
    }

    fn others(&self) -> std::io::Result<Variants> {
        match &self.others {
            Others::Known(others) => Ok(others.clone()),
            Others::InFile(path) => Endings::of_file(path),
            Others::Included { own, included } => {
                let mut lists = own.others()?.map(|own| own + "\n");
                for (name, checksum) in included {
                    for (list, other) in lists.iter_mut().zip(checksum.others()?) {
                        *list += &format!("{other} {name}\n");
                    }
                }
                Ok(lists.map(|list| hex(&Md5::digest(list).into())))
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
        later: BackgroundMd5,
        path: PathBuf,
    },
}

impl RunningChecksum {
    /// For a file of so many bytes; `path`: where it can be read again.
    pub(super) fn new(path: Option<&Path>, length: u64) -> Self {
        let Some(path) = path.filter(|_| length >= LARGE) else {
            return Self::Here { raw: Md5::new(), endings: Box::default() };
        };
        let later = BackgroundMd5::begin(path);
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
                let raw = Raw::Known(hex(&raw.finalize().into()));
                Checksum { raw, others: Others::Known(endings.finish()) }
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

/// Makes the [`Variants`] of a text that comes in chunks.
#[derive(Default)]
pub(super) struct Endings {
    lf: Md5,
    crlf: Md5,
    cr: Md5,
    /// With LF and CRLF, where a lone CR stays so; they begin with the first one.
    with_cr: Option<[Md5; 2]>,
    /// The last chunk ended between CR and, maybe, LF.
    after_cr: bool,
}

impl Endings {
    fn of_file(path: &Path) -> std::io::Result<Variants> {
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
        let mut rest = chunk;
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            let is_crlf = rest[0] == b'\n';
            rest = &rest[usize::from(is_crlf)..];
            self.line_end(if is_crlf { b"\r\n" } else { b"\r" });
        }
        while let Some(at) = memchr2(b'\n', b'\r', rest) {
            self.plain(&rest[..at]);
            let end = match &rest[at..] {
                [b'\r'] => {
                    self.after_cr = true;
                    return;
                }
                [b'\r', b'\n', ..] => &rest[at..at + 2],
                _ => &rest[at..=at],
            };
            self.line_end(end);
            rest = &rest[at + end.len()..];
        }
        self.plain(rest);
    }

    /// What is the same in all of them.
    fn plain(&mut self, text: &[u8]) {
        let with_cr = self.with_cr.iter_mut().flatten();
        [&mut self.lf, &mut self.crlf, &mut self.cr]
            .into_iter()
            .chain(with_cr)
            .for_each(|sum| sum.update(text));
    }

    fn line_end(&mut self, end: &[u8]) {
        let is_cr = end == b"\r";
        if is_cr && self.with_cr.is_none() {
            self.with_cr = Some([self.lf.clone(), self.crlf.clone()]);
        }
        self.lf.update(b"\n");
        self.crlf.update(b"\r\n");
        self.cr.update(b"\r");
        if let Some([lf, crlf]) = &mut self.with_cr {
            lf.update(if is_cr { b"\r".as_slice() } else { b"\n" });
            crlf.update(if is_cr { b"\r".as_slice() } else { b"\r\n" });
        }
    }

    fn finish(mut self) -> Variants {
        if self.after_cr {
            self.line_end(b"\r");
        }
        let [lf_with_cr, crlf_with_cr] =
            self.with_cr.unwrap_or_else(|| [self.lf.clone(), self.crlf.clone()]);
        [self.lf, self.crlf, self.cr, lf_with_cr, crlf_with_cr]
            .map(|sum| hex(&sum.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_md5_of_the_raw_bytes() {
        // md5sum of "select 1;\n" and of "select 1;\r\n"
        assert_eq!(Checksum::from_bytes(b"").as_str(), "d41d8cd98f00b204e9800998ecf8427e");
        assert_ne!(Checksum::from_bytes(b"a\n").as_str(), Checksum::from_bytes(b"a\r\n").as_str());
    }

    /// Whichever of the three the file had when it was applied, and whichever it has now.
    #[test]
    fn line_endings_do_not_count_and_everything_else_does() {
        let all = ["\n", "\r\n", "\r"].map(|end| {
            let text = "-- one\nselect 1;\n\nselect 2;\n".replace('\n', end);
            Checksum::from_bytes(text.as_bytes())
        });
        for now in &all {
            for recorded in &all {
                assert!(now.matches(recorded.as_str()));
            }
            assert!(!now.matches(Checksum::from_bytes(b"-- one\nselect 1;\nselect 2;\n").as_str()));
        }
        // A checkout that turns LF into CRLF leaves a lone CR as it is.
        let mixed = Checksum::from_bytes(b"select 'a\rb';\nselect 2;\n");
        assert!(mixed.matches(Checksum::from_bytes(b"select 'a\rb';\r\nselect 2;\r\n").as_str()));
        assert!(mixed.matches(Checksum::from_bytes(b"select 'a\nb';\nselect 2;\n").as_str()));
        let including = |own: &[u8], other: &[u8]| {
            Checksum::from_bytes(own)
                .with_included(vec![("x".to_owned(), Checksum::from_bytes(other))])
        };
        let (dos, mac) = (including(b"a\r\n", b"b\r\n"), including(b"a\r", b"b\r"));
        assert!(dos.matches(mac.as_str()) && mac.matches(dos.as_str()));
        assert!(!including(b"a\n", b"c\n").matches(dos.as_str()));
    }

    #[test]
    fn in_pieces_it_is_the_same() {
        let text = b"a\r\nb\n\rc\r\r\nd\n\r";
        for cut in 0..text.len() {
            let mut endings = Endings::default();
            endings.update(&text[..cut]);
            endings.update(b"");
            endings.update(&text[cut..]);
            assert_eq!(endings.finish(), Checksum::from_bytes(text).others().unwrap(), "{cut}");
        }
        let md5 = |bytes: &[u8]| hex(&Md5::digest(bytes).into());
        let long = "0123456789\n".repeat(100_000);
        let sum = Checksum::from_bytes(long.as_bytes());
        assert_eq!(sum.as_str(), md5(long.as_bytes()));
        assert!(sum.matches(&md5(long.replace('\n', "\r\n").as_bytes())));
        let sum = Checksum::from_bytes(text);
        assert_eq!(sum.as_str(), md5(text));
        let others = [
            b"a\nb\n\nc\n\nd\n\n".as_slice(),
            b"a\r\nb\r\n\r\nc\r\n\r\nd\r\n\r\n",
            b"a\rb\r\rc\r\rd\r\r",
            b"a\nb\n\rc\r\nd\n\r",
            b"a\r\nb\r\n\rc\r\r\nd\r\n\r",
        ];
        assert_eq!(sum.others().unwrap(), others.map(md5));
    }
}
