//! Any text as a configuration: it is refused or read, never a panic; and an error names the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum_cli::fuzzing::config;

fuzz_target!(|text: &str| {
    for name in ["pum.toml", "db_manager_config.yaml"] {
        if let Err(err) = config(name, text) {
            assert!(err.contains(name), "{err}");
        }
    }
});
