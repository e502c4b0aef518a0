//! Any bytes as a password file: never a panic; and the line that is written for a server is found
//! behind lines that do not match.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum_core::fuzzing::{password_in, password_line};

fuzz_target!(|input: (&[u8], [&str; 4], &str)| {
    let (file, fields, password) = input;
    let found = password_in(file, fields);
    // A line ends the file; a number sign begins a comment.
    let is_on_one_line =
        fields.iter().chain([&password]).all(|text| !text.contains(['\n', '\r', '\0']));
    if !is_on_one_line || fields[0].starts_with('#') {
        return;
    }
    let line = password_line(fields, password);
    let mut longer = file.to_vec();
    longer.extend([b"\n", line.as_bytes(), b"\r\n"].concat());
    let number = file.iter().filter(|byte| **byte == b'\n').count() + 2;
    let expected = found.unwrap_or((password.as_bytes().to_vec(), number));
    assert_eq!(password_in(&longer, fields), Some(expected), "{line:?}");
});
