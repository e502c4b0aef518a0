//! Messages about the command line, without the secrets that stand on it.

use std::ffi::OsString;

use pum_core::connect::redact;

/// Whether a text is more than a plain word, and may hold a password.
pub(crate) fn may_hold_a_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["://", "@", "passw", "pwd", "secret"].iter().any(|sign| text.contains(sign))
}

/// A message that repeats arguments, in which each connection is shown without its secrets.
pub(crate) fn without_secrets(message: &str, arguments: &[OsString]) -> String {
    let mut given: Vec<String> = Vec::new();
    for argument in arguments.iter().skip(1) {
        let argument = argument.to_string_lossy();
        if !argument.starts_with('-') {
            given.push(argument.into_owned());
        } else if let Some((_, value)) = argument.split_once('=')
            && argument.starts_with("--")
        {
            given.push(value.to_owned());
        } else {
            // `-pVALUE`, `-ppVALUE`
            given.extend(argument.char_indices().skip(2).map(|(at, _)| argument[at..].to_owned()));
        }
    }
    given.retain(|value| may_hold_a_secret(value));
    given.sort_by_key(|value| std::cmp::Reverse(value.len()));
    given.iter().fold(message.to_owned(), |message, value| {
        let shown = redact(value);
        if shown == *value { message } else { message.replace(value.as_str(), &shown) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_in_a_message_has_no_password() {
        for argument in [
            "postgresql://ann:hush@h/db",
            "--pg-service=postgresql://ann:hush@h/db",
            "-ppostgresql://ann:hush@h/db",
            "-pp=postgresql://ann:hush@h/db",
            "host=h password=hush",
        ] {
            let arguments = ["pum", argument].map(OsString::from);
            let shown = without_secrets(&format!("unexpected \"{argument}\""), &arguments);
            assert!(!shown.contains("hush") && shown.contains("***"), "{shown}");
        }
        let arguments = ["pum", "--formaat=json", "a=b"].map(OsString::from);
        let message = "unexpected --formaat=json a=b";
        assert_eq!(without_secrets(message, &arguments), message);
    }
}
