use md5::{Digest, Md5};

/// The checksum of a file as the upgrades table records it: the MD5 of its raw bytes, in
/// hexadecimal, as the Python program computes it. Of a script that includes other files it is the
/// MD5 of all their checksums.
///
/// A checkout may turn LF into CRLF or back, which is no change of the delta: [`Checksum::matches`]
/// knows the checksums of the same text with either line ending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    raw: String,
    lf: String,
    crlf: String,
}

impl Checksum {
    /// The checksum of a file's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut running = RunningChecksum::default();
        running.update(bytes);
        running.finish()
    }

    /// What a new row of the upgrades table gets.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// Whether `recorded` is the checksum of this text, whatever its line endings were.
    pub fn matches(&self, recorded: &str) -> bool {
        [&self.raw, &self.lf, &self.crlf].into_iter().any(|own| own == recorded)
    }

    /// The checksum of a file that includes others, which go by these names.
    pub(super) fn with_included(&self, included: &[(String, Self)]) -> Self {
        let all = |one: fn(&Self) -> &str| {
            let mut list = format!("{}\n", one(self));
            for (name, checksum) in included {
                list += &format!("{} {name}\n", one(checksum));
            }
            hex(&Md5::digest(list).into())
        };
        Self { raw: all(|sum| &sum.raw), lf: all(|sum| &sum.lf), crlf: all(|sum| &sum.crlf) }
    }
}

/// A checksum of bytes that come in one after the other.
#[derive(Default)]
pub(super) struct RunningChecksum {
    raw: Md5,
    /// `None` as long as it would be `raw`.
    lf: Option<Md5>,
    crlf: Md5,
    /// The last chunk ended between CR and, maybe, LF.
    after_cr: bool,
    buffer: Vec<u8>,
}

impl RunningChecksum {
    pub(super) fn update(&mut self, chunk: &[u8]) {
        if self.lf.is_none() && chunk.contains(&b'\r') {
            self.lf = Some(self.raw.clone());
        }
        let Some(lf) = &mut self.lf else {
            return update_both(&mut self.raw, &mut self.crlf, chunk, &mut self.buffer);
        };
        self.raw.update(chunk);
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
        lf.update(&unix);
        add_with_cr(&mut self.crlf, &unix, &mut self.buffer);
    }

    /// The MD5 so far, to go on from.
    pub(super) fn so_far(&self) -> Md5 {
        self.raw.clone()
    }

    pub(super) fn finish(mut self) -> Checksum {
        if self.after_cr {
            self.crlf.update(b"\r");
            self.lf.iter_mut().for_each(|lf| lf.update(b"\r"));
        }
        let raw = hex(&self.raw.finalize().into());
        let lf = self.lf.map_or_else(|| raw.clone(), |lf| hex(&lf.finalize().into()));
        Checksum { raw, lf, crlf: hex(&self.crlf.finalize().into()) }
    }
}

/// Adds a text whose lines end in LF as it is, and as if they ended in CRLF. For a large file this
/// takes as long as all the rest, hence both are done at once.
fn update_both(raw: &mut Md5, crlf: &mut Md5, chunk: &[u8], buffer: &mut Vec<u8>) {
    const WORTH_A_THREAD: usize = 512 * 1024;
    if chunk.len() < WORTH_A_THREAD {
        raw.update(chunk);
        return add_with_cr(crlf, chunk, buffer);
    }
    let both = std::thread::scope(|scope| {
        let other = std::thread::Builder::new()
            .spawn_scoped(scope, || add_with_cr(&mut *crlf, chunk, &mut *buffer));
        raw.update(chunk);
        other.is_ok()
    });
    if !both {
        add_with_cr(crlf, chunk, buffer);
    }
}

/// Adds a text whose lines end in LF as if they ended in CRLF.
fn add_with_cr(sum: &mut Md5, chunk: &[u8], buffer: &mut Vec<u8>) {
    buffer.clear();
    for line in chunk.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                buffer.extend_from_slice(text);
                buffer.extend_from_slice(b"\r\n");
            }
            None => buffer.extend_from_slice(line),
        }
    }
    sum.update(buffer);
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
            let mut running = RunningChecksum::default();
            running.update(&text[..cut]);
            running.update(&text[cut..]);
            assert_eq!(running.finish(), Checksum::of(text), "{cut}");
        }
        let md5 = |bytes: &[u8]| hex(&Md5::digest(bytes).into());
        let long = "0123456789\n".repeat(100_000);
        let sum = Checksum::of(long.as_bytes());
        assert_eq!(sum.raw, md5(long.as_bytes()));
        assert_eq!(sum.crlf, md5(long.replace('\n', "\r\n").as_bytes()));
        let sum = Checksum::of(text);
        assert_eq!(sum.raw, md5(text));
        assert_eq!(sum.lf, md5(b"a\nb\n\rc\r\nd\n\r"));
        assert_eq!(sum.crlf, md5(b"a\r\nb\r\n\rc\r\r\nd\r\n\r"));
    }
}
