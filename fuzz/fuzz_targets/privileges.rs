//! Any texts as access control lists: they are refused or read, never a panic; what is read is
//! displayed as what is read back; and a list does not differ from itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum_core::fuzzing::privileges;
use pum_core::model::PrivilegeChange;

fuzz_target!(|input: (&str, &str, &str, &str)| {
    let (owner, all, default, list) = input;
    if let Some(Ok(changes)) = privileges(owner, all, default, list) {
        for change in &changes {
            let text = change.to_string();
            assert_eq!(text.parse::<PrivilegeChange>().as_ref(), Ok(change), "{text}");
        }
    }
    if let Some(Ok(changes)) = privileges(owner, all, list, list) {
        assert_eq!(changes, []);
    }
});
