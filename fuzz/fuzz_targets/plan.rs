//! Any text as names, comments and values of objects: each statement of the scripts to and from such a
//! schema is one statement for psql.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum_core::fuzzing::escapes;

fuzz_target!(|text: &str| {
    assert_eq!(escapes(text), None);
});
