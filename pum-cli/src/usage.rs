//! Messages about the command line, without the secrets that stand on it.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use pum_core::connect::redact;

/// Whether a text is more than a plain word, and may hold a password.
pub(crate) fn may_hold_a_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["://", "@", "passw", "pwd", "secret"].iter().any(|sign| text.contains(sign))
}

/// Whether events are asked for on a command line that is not understood.
pub(crate) fn asks_for_events(arguments: &[OsString]) -> bool {
    let mut pairs = arguments.iter().zip(arguments.iter().skip(1));
    let is_pair = |(option, value): (&OsString, &OsString)| option == "--events" && value == "json";
    pairs.any(is_pair) || arguments.iter().any(|it| it == "--events=json")
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

/// An error of usage that suggests another command only for a typing error: "undo-upgrade" is not
/// meant for "upgrade".
pub(crate) fn without_far_suggestion(mut err: clap::Error) -> clap::Error {
    const MOST: usize = 2;
    let texts = |value: Option<&ContextValue>| match value {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let given = texts(err.get(ContextKind::InvalidSubcommand));
    let mut suggested = texts(err.get(ContextKind::SuggestedSubcommand));
    let Some(given) = given.first().filter(|_| !suggested.is_empty()) else { return err };
    suggested.retain(|one| strsim::osa_distance(given, one) <= MOST && !given.ends_with(one));
    err.remove(ContextKind::SuggestedSubcommand);
    if !suggested.is_empty() {
        err.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(suggested));
    }
    err
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn a_command_is_suggested_for_a_typing_error_only() {
        let message = |given: &str| {
            let err = Cli::try_parse_from(["pum", given]).unwrap_err();
            without_far_suggestion(err).to_string()
        };
        for (given, suggested) in [("upgarde", "upgrade"), ("chek", "check"), ("restor", "restore")]
        {
            assert!(message(given).contains(&format!("'{suggested}'")), "{}", message(given));
        }
        for given in ["preupgrade", "undo-upgrade", "unrestore", "up", "drop"] {
            let message = message(given);
            assert!(message.contains(&format!("'{given}'")), "{message}");
            assert!(!message.contains("similar"), "{message}");
        }
    }

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
