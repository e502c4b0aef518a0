use std::io::{self, BufRead, Read};
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memmem};
use xxhash_rust::xxh3::Xxh3Default;

use super::checksum::RunningChecksum;
use super::files::{Files, Input};
use super::{Checksum, CopyData, DeltaError};
use crate::sql::line_end;

/// Reads a file from start to end, line by line or passing over COPY data, and takes its checksum
/// on the way.
pub(super) struct FileReader {
    path: PathBuf,
    files: Files,
    file: Input,
    checksum: RunningChecksum,
    offset: u64,
    /// The number of lines read.
    line: usize,
    /// What follows a lone CR, up to the next LF: it was read with the line before.
    ahead: Vec<u8>,
}

/// How much of a line of COPY data is looked at at once: a line may be larger than memory.
const MOST_AT_ONCE: u64 = 256 * 1024;

impl FileReader {
    pub(super) fn open(files: &Files, path: &Path) -> io::Result<Self> {
        let (file, length) = files.open(path)?;
        let on_disk = files.are_on_disk().then_some(path);
        let checksum = RunningChecksum::new(on_disk, length);
        let (path, files) = (path.to_owned(), files.clone());
        Ok(Self { path, files, file, checksum, offset: 0, line: 0, ahead: Vec::new() })
    }

    /// The next line of SQL, with its line break (LF, CRLF, or lone CR); `None` at the end.
    /// Fails on what is not UTF-8 text without NUL. A byte order mark is dropped.
    pub(super) fn line(&mut self) -> Result<Option<String>, DeltaError> {
        if self.ahead.is_empty() {
            let read = self.file.read_until(b'\n', &mut self.ahead);
            read.map_err(|source| unreadable(&self.path, source))?;
            self.checksum.update(&self.ahead);
            self.offset += self.ahead.len() as u64;
        }
        let Some(end) = line_end(&self.ahead) else { return Ok(None) };
        self.line += 1;
        if self.line == 1
            && let Some(encoding) = utf16(&self.ahead)
        {
            return Err(DeltaError::Utf16 { path: self.path.clone(), encoding });
        }
        let rest = self.ahead.split_off(end);
        let bytes = std::mem::replace(&mut self.ahead, rest);
        if bytes.contains(&0) {
            let message = "a NUL character, which no SQL text can hold".to_owned();
            return Err(DeltaError::Syntax { path: self.path.clone(), line: self.line, message });
        }
        let text = String::from_utf8(bytes).map_err(|_| self.bad_encoding(self.line))?;
        Ok(Some(match text.strip_prefix('\u{feff}') {
            Some(rest) if self.line == 1 => rest.to_owned(),
            _ => text,
        }))
    }

    /// All of the file as a text, as [`line`](Self::line) gives it.
    pub(super) fn text(mut self) -> Result<String, DeltaError> {
        let mut text = String::new();
        while let Some(line) = self.line()? {
            text.push_str(&line);
        }
        Ok(text)
    }

    /// The COPY data from here on, to a line of `\.` (which is passed over too) or to the end of
    /// the file; and how many lines that were.
    pub(super) fn copy_data(&mut self) -> Result<(CopyData, usize), DeltaError> {
        if !self.ahead.is_empty() {
            let message =
                "the line before COPY data ends with a lone CR: save the file with LF or \
                           CRLF line endings"
                    .to_owned();
            return Err(DeltaError::Syntax { path: self.path.clone(), line: self.line, message });
        }
        let (start, first_line) = (self.offset, self.line);
        let mut hash = Box::new(Xxh3Default::new());
        let mut text = Utf8Check::default();
        let mut begun = Vec::new();
        loop {
            let chunk = fill(&mut self.file).map_err(|source| unreadable(&self.path, source))?;
            if text.at_line_start && chunk.first() == Some(&b'\\') {
                // It may be the end; its line may go on in the next chunk.
                begun.clear();
                let mut part = self.file.by_ref().take(MOST_AT_ONCE);
                part.read_until(b'\n', &mut begun)
                    .map_err(|source| unreadable(&self.path, source))?;
                if matches!(begun.as_slice(), b"\\." | b"\\.\n" | b"\\.\r\n") {
                    let end = self.offset;
                    self.offset += begun.len() as u64;
                    self.line += 1;
                    self.checksum.update(&begun);
                    let data = CopyData::new(&self.files, &self.path, start..end, &hash);
                    let data = data.with_more_than_ascii(text.beyond_ascii);
                    return Ok((data, self.line - first_line));
                }
                self.data(&begun, &mut text, &mut hash)?;
                continue;
            }
            if chunk.is_empty() {
                if text.begun.is_empty() {
                    let data = CopyData::new(&self.files, &self.path, start..self.offset, &hash);
                    let data = data.with_more_than_ascii(text.beyond_ascii);
                    return Ok((data, self.line - first_line));
                }
                return Err(self.bad_encoding(self.line));
            }
            // Up to the next line that may be the end.
            let length = memmem::find(chunk, b"\n\\").map_or(chunk.len(), |at| at + 1);
            begun.clear();
            begun.extend_from_slice(&chunk[..length]);
            self.file.consume(length);
            self.data(&begun, &mut text, &mut hash)?;
        }
    }

    /// Takes note of data that were read.
    fn data(
        &mut self,
        piece: &[u8],
        text: &mut Utf8Check,
        hash: &mut Xxh3Default,
    ) -> Result<(), DeltaError> {
        let continued = usize::from(!text.at_line_start);
        let begins_at = self.line + 1 - continued;
        text.add(piece).map_err(|at| {
            self.bad_encoding(begins_at + memchr_iter(b'\n', &piece[..at]).count())
        })?;
        let ends = usize::from(piece.ends_with(b"\n"));
        self.line = begins_at + memchr_iter(b'\n', piece).count() - ends;
        self.offset += piece.len() as u64;
        hash.update(piece);
        self.checksum.update(piece);
        Ok(())
    }

    /// All the rest of the file as COPY data.
    pub(super) fn all_data(mut self) -> Result<(CopyData, Checksum), DeltaError> {
        let start = self.offset;
        let mut hash = Box::new(Xxh3Default::new());
        loop {
            let chunk = fill(&mut self.file).map_err(|source| unreadable(&self.path, source))?;
            if chunk.is_empty() {
                let data = CopyData::new(&self.files, &self.path, start..self.offset, &hash);
                return Ok((data, self.checksum.finish()));
            }
            let length = chunk.len();
            hash.update(chunk);
            self.checksum.update(chunk);
            self.file.consume(length);
            self.offset += length as u64;
        }
    }

    /// The number of the line that was read last, from 1.
    pub(super) fn line_number(&self) -> usize {
        self.line
    }

    /// The checksum of all that was read.
    pub(super) fn finish(self) -> Checksum {
        self.checksum.finish()
    }

    fn bad_encoding(&self, line: usize) -> DeltaError {
        DeltaError::Encoding { path: self.path.clone(), line }
    }
}

/// Whether a text that comes in pieces is UTF-8.
struct Utf8Check {
    at_line_start: bool,
    /// The beginning of a character whose rest is in the next piece.
    begun: Vec<u8>,
    beyond_ascii: bool,
}

impl Default for Utf8Check {
    fn default() -> Self {
        Self { at_line_start: true, begun: Vec::new(), beyond_ascii: false }
    }
}

impl Utf8Check {
    /// Fails with the place in the piece where it is none.
    fn add(&mut self, piece: &[u8]) -> Result<(), usize> {
        self.at_line_start = piece.ends_with(b"\n");
        self.beyond_ascii |= !piece.is_ascii();
        let kept = self.begun.len();
        let joined;
        let bytes = if kept == 0 {
            piece
        } else {
            joined = [self.begun.as_slice(), piece].concat();
            self.begun.clear();
            &joined
        };
        match std::str::from_utf8(bytes) {
            Ok(_) => Ok(()),
            // The next piece goes on.
            Err(err) if err.error_len().is_none() => {
                self.begun = bytes[err.valid_up_to()..].to_vec();
                Ok(())
            }
            Err(err) => Err(err.valid_up_to().saturating_sub(kept)),
        }
    }
}

/// The text of a file, without a byte order mark.
pub(crate) fn read_text(path: &Path) -> Result<String, DeltaError> {
    FileReader::open(&Files::Disk, path).map_err(|source| unreadable(path, source))?.text()
}

/// The encoding of a text, by its first bytes, if that is UTF-16 (or UTF-32): by its byte order
/// mark, or by the NULs of the ASCII characters in it.
pub(crate) fn utf16(start: &[u8]) -> Option<&'static str> {
    match start {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some("UTF-16"),
        _ => {}
    }
    let pairs = start.chunks_exact(2).take(100);
    let (all, mut low, mut high) = (pairs.len(), 0, 0);
    for pair in pairs {
        low += usize::from(pair[0] != 0 && pair[1] == 0);
        high += usize::from(pair[0] == 0 && pair[1] != 0);
    }
    // A text has blanks, key words and semicolons, in whatever language its comments are.
    let is = |ascii: usize, other: usize| ascii > 2 && other == 0 && ascii * 5 >= all;
    (is(low, high) || is(high, low)).then_some("UTF-16")
}

fn unreadable(path: &Path, source: io::Error) -> DeltaError {
    DeltaError::File { path: path.to_owned(), cause: source }
}

/// The rest of the input.
fn fill(file: &mut Input) -> io::Result<&[u8]> {
    loop {
        match file.fill_buf() {
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
            Ok(_) => break,
        }
    }
    // What is in the buffer is not read again.
    file.fill_buf()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(bytes: &[u8]) -> (tempfile::TempDir, FileReader) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f.sql");
        std::fs::write(&path, bytes).unwrap();
        let reader = FileReader::open(&Files::Disk, &path).unwrap();
        (dir, reader)
    }

    #[test]
    fn data_end_at_their_mark_or_with_the_file() {
        let bytes = b"copy\n1\n\\.x\n\\.\r\nnext\nlast\n\\.";
        let (_dir, mut reader) = reader(bytes);
        assert_eq!(reader.line().unwrap().unwrap(), "copy\n");
        let (data, lines) = reader.copy_data().unwrap();
        assert_eq!(io::read_to_string(data.open().unwrap()).unwrap(), "1\n\\.x\n");
        assert_eq!(lines, 3);
        assert_eq!(reader.line().unwrap().unwrap(), "next\n");
        let (data, lines) = reader.copy_data().unwrap();
        assert_eq!(io::read_to_string(data.open().unwrap()).unwrap(), "last\n");
        assert_eq!(lines, 2);
        assert_eq!(reader.line().unwrap(), None);
        assert_eq!(reader.finish(), Checksum::from_bytes(bytes));
    }

    #[test]
    fn long_lines_are_read_in_parts() {
        let most = usize::try_from(MOST_AT_ONCE).unwrap();
        // The part ends within a character, and the next one looks like an end mark.
        let text = format!("{}\u{e9}{}\n\\.\n", "x".repeat(most - 1), "y".repeat(most - 1));
        let (_dir, mut reader) = reader(text.as_bytes());
        let (data, lines) = reader.copy_data().unwrap();
        assert_eq!((data.len(), lines), (text.len() as u64 - 3, 2));
        let (_dir, mut bad) = self::reader(&[b"a\nb\xff\n".as_slice(), &[b'x'; 10]].concat());
        let err = bad.copy_data().unwrap_err().to_string();
        assert!(err.contains("f.sql:2: the file is not UTF-8"), "{err}");
        let long = [vec![b'x'; most], b"\\.\n".to_vec()].concat();
        let (_dir, mut reader) = self::reader(&long);
        assert_eq!(reader.copy_data().unwrap().0.len(), long.len() as u64);
    }

    /// Line by line, as the data are defined, whatever the buffer's end cuts.
    #[test]
    fn the_end_is_found_wherever_the_buffer_ends() {
        let buffer = 256 * 1024;
        for shift in 0..8 {
            let first = "x".repeat(buffer - 4 - shift);
            let text = format!("{first}\n\\N\t\u{e9}\n\\.x\n\u{20ac}\n\\.\nafter\n");
            let (_dir, mut reader) = reader(text.as_bytes());
            let (data, lines) = reader.copy_data().unwrap();
            let mut expected = String::new();
            let end = text.split_inclusive('\n').take_while(|line| *line != "\\.\n");
            expected.extend(end);
            assert_eq!(io::read_to_string(data.open().unwrap()).unwrap(), expected, "{shift}");
            assert_eq!(lines, expected.lines().count() + 1, "{shift}");
            assert_eq!(reader.line().unwrap().unwrap(), "after\n");
            assert_eq!(reader.line_number(), lines + 1);
        }
    }

    #[test]
    fn a_cr_by_itself_ends_a_line() {
        let (_dir, mut reader) = reader(b"\xef\xbb\xbfa\rb\r\nc\n\rd\r");
        for expected in ["a\r", "b\r\n", "c\n", "\r", "d\r"] {
            assert_eq!(reader.line().unwrap().unwrap(), expected);
        }
        assert_eq!((reader.line().unwrap(), reader.line_number()), (None, 5));
        let (_dir, mut reader) = self::reader(b"copy\r1\r\\.\r");
        reader.line().unwrap();
        let err = reader.copy_data().unwrap_err().to_string();
        assert!(err.contains("f.sql:1: the line before COPY data ends with a lone CR"), "{err}");
        let (_dir, mut reader) = self::reader(b"a\rb\xff\n");
        reader.line().unwrap();
        assert!(reader.line().unwrap_err().to_string().contains("f.sql:2: the file is not"));
    }

    #[test]
    fn utf_16_is_named() {
        let text = "-- \u{e9}t\u{e9} \u{4e2d}\u{6587}\nSELECT 1;\n";
        let units = || text.encode_utf16();
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in
            [(&[0xff, 0xfe][..], &little), (&[0xfe, 0xff], &big), (&[], &little), (&[], &big)]
        {
            let (_dir, mut reader) = reader(&[mark, bytes].concat());
            let err = reader.line().unwrap_err().to_string();
            assert!(err.ends_with("f.sql is UTF-16: save it as UTF-8"), "{err}");
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let (_dir, mut reader) = reader(b"\xef\xbb\xbfa\n\xff\n");
        assert_eq!(reader.line().unwrap().unwrap(), "a\n");
        assert!(reader.line().unwrap_err().to_string().contains("f.sql:2: the file is not UTF-8"));
        let (_dir, mut reader) = self::reader(b"a\0b");
        assert!(reader.line().unwrap_err().to_string().contains("f.sql:1: a NUL"));
    }
}
