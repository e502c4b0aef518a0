use md5::{Digest, Md5};

/// The checksum of a file as the upgrades table records it: the MD5 of its raw bytes, in
/// hexadecimal, as the Python program computes it.
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
        let lf = unix_line_endings(bytes);
        let crlf = dos_line_endings(&lf);
        Self { raw: md5_hex(bytes), lf: md5_hex(&lf), crlf: md5_hex(&crlf) }
    }

    /// What a new row of the upgrades table gets.
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// Whether `recorded` is the checksum of this text, whatever its line endings were.
    pub fn matches(&self, recorded: &str) -> bool {
        [&self.raw, &self.lf, &self.crlf].into_iter().any(|own| own == recorded)
    }
}

fn md5_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Md5::digest(bytes).iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn unix_line_endings(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\r' || rest.peek() != Some(&b'\n') {
            out.push(byte);
        }
    }
    out
}

fn dos_line_endings(lf: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(lf.len() + lf.len() / 16);
    for &byte in lf {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
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
}
