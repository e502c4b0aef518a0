pub(super) fn hex(digest: &[u8; 16]) -> String {
    use std::fmt::Write;
    digest.iter().fold(String::with_capacity(32), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
