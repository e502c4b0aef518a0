//! Any text as a snapshot: it is refused or read, never a panic; and what is read is written as what
//! is read back and written as the same.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use pum_core::snapshot::Snapshot;

fuzz_target!(|text: &str| {
    let path = Path::new("fuzzed.json");
    let Ok(snapshot) = Snapshot::parse(path, text) else { return };
    drop(snapshot.left_out());
    let written = snapshot.to_json();
    let again = Snapshot::parse(path, &written).expect("what was written is read");
    assert_eq!(again.to_json(), written);
});
