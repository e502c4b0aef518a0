//! Any text as a connection string or URI: it is refused or read, never a panic; what is read means the
//! same when it is written as a connection string; and no message shows a password.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pum_core::connect::{Environment, Settings};
use pum_core::fuzzing::{conninfo_of, pairs};

fuzz_target!(|input: (&str, Vec<(&str, &str)>)| {
    let (text, extra) = input;
    check(text);
    check(&format!("postgresql://{text}"));
    // Key words that are known, with any values.
    let known = ["host", "port", "dbname", "user", "password", "sslmode", "options", "service"];
    let given: Vec<(String, String)> = extra
        .iter()
        .zip(known)
        .map(|((_, value), keyword)| (keyword.to_owned(), (*value).to_owned()))
        .collect();
    let written = conninfo_of(&given);
    assert_eq!(pairs(&written).expect("what was written is read"), given);
    check(&written);
});

fn check(text: &str) {
    let environment = Environment::default();
    let settings = Settings::resolve(text, &environment);
    let Ok(read) = pairs(text) else {
        assert!(settings.is_err(), "{text:?}");
        return;
    };
    assert_eq!(pairs(&conninfo_of(&read)).expect("what was written is read"), read);
    let said = match settings {
        Ok(settings) => settings.label().to_owned(),
        Err(err) => err.to_string(),
    };
    for (keyword, value) in &read {
        // A short text may occur anywhere, and the same text may be a host or a user as well.
        let is_elsewhere =
            read.iter().any(|(other, shown)| other != keyword && shown.contains(value));
        if keyword == "password" && value.len() > 12 && !is_elsewhere {
            assert!(!said.contains(value), "{said}");
        }
    }
}
