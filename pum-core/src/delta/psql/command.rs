use super::arguments::{Argument, Arguments};
use super::boolean::boolean;
use super::copy::{self, Copy};
use super::{Conditional, Stored};
use crate::delta::encoding::is_utf8;

/// A command of psql that has a meaning in a delta.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::delta) enum Command {
    /// `\i FILE` or `\ir FILE`.
    Include {
        file: String,
        /// Whether the name is relative to the file that the command stands in.
        beside: bool,
    },
    Copy(Copy),
    Set(String, Stored),
    Unset(String),
    Say(Channel, String),
    Conditional(Conditional),
    /// One that changes nothing here.
    Ignored,
}

/// Where a text of the script goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::delta) enum Channel {
    Output,
    Warning,
}

/// The command called `name`, with the arguments it uses. What it does not use is left.
pub(in crate::delta) fn parse(
    name: &str,
    arguments: &mut Arguments<'_>,
) -> Result<Command, String> {
    Ok(match name {
        "i" | "include" => include(name, arguments, false)?,
        "ir" | "include_relative" => include(name, arguments, true)?,
        "copy" => Command::Copy(copy::parse(arguments.whole_line())?),
        "set" => set(arguments)?,
        "unset" => {
            let variable = text(arguments)?.ok_or("\\unset needs the name of a variable")?;
            special(&variable, "off")?;
            Command::Unset(variable)
        }
        "echo" | "qecho" => Command::Say(Channel::Output, said(arguments)?),
        "warn" => Command::Say(Channel::Warning, said(arguments)?),
        "if" => Command::Conditional(Conditional::If),
        "elif" => Command::Conditional(Conditional::Elif),
        "else" => Command::Conditional(Conditional::Else),
        "endif" => Command::Conditional(Conditional::EndIf),
        "timing" | "pset" | "a" | "C" | "f" | "H" | "t" | "T" | "x" | "restrict" | "unrestrict" => {
            Command::Ignored
        }
        "encoding" => encoding(text(arguments)?)?,
        "." => return Err("\\. does not end the data of any COPY … FROM STDIN".to_owned()),
        _ => {
            return Err(format!(
                "psql's command \\{name} cannot run in a delta; those that can are \\i, \\ir, \
                 \\copy … FROM, \\set, \\unset, \\echo, \\warn, \\if, \\elif, \\else and \\endif"
            ));
        }
    })
}

/// The value of an `\if` or `\elif`.
pub(in crate::delta) fn condition(
    name: &str,
    arguments: &mut Arguments<'_>,
) -> Result<bool, String> {
    let mut words = Vec::new();
    while let Some(argument) = arguments.next()? {
        words.push(argument.text);
    }
    let expression = words.join(" ");
    boolean(&expression).ok_or_else(|| {
        format!(
            "\\{name} needs true or false (or on, off, yes, no, 1, 0), and \"{expression}\" is \
             neither"
        )
    })
}

fn text(arguments: &mut Arguments<'_>) -> Result<Option<String>, String> {
    Ok(arguments.next()?.map(|argument| argument.text))
}

fn include(name: &str, arguments: &mut Arguments<'_>, beside: bool) -> Result<Command, String> {
    let Some(Argument { text, quoted, has_variable, .. }) = arguments.next()? else {
        return Err(format!("\\{name} needs the name of a file"));
    };
    if has_variable {
        return Err(format!(
            "the file name must be literal, without variables: what \\{name} includes is part of \
             the delta's checksum"
        ));
    }
    let file = if quoted { text } else { text.trim_end_matches(';').to_owned() };
    Ok(Command::Include { file, beside })
}

fn set(arguments: &mut Arguments<'_>) -> Result<Command, String> {
    // Without a name psql lists all variables.
    let Some(name) = text(arguments)? else { return Ok(Command::Ignored) };
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
    if name.is_empty() || !name.chars().all(valid) {
        return Err(format!("\"{name}\" is not a variable name"));
    }
    let mut value = arguments.next()?.unwrap_or_default();
    while let Some(more) = arguments.next()? {
        value.append(&more);
    }
    special(&name, &value.text)?;
    Ok(Command::Set(name, value.into_stored()))
}

/// Refuses to change how psql treats errors and transactions into what pum does not do.
fn special(name: &str, value: &str) -> Result<(), String> {
    // An empty value turns such a setting on.
    let on = value.is_empty() || boolean(value) != Some(false);
    let reason = match name {
        "ON_ERROR_STOP" if !on => "a delta always stops at its first error",
        "ON_ERROR_ROLLBACK" if on => "a delta that fails is rolled back entirely",
        "AUTOCOMMIT" if !on => "pum manages the transactions",
        "SINGLELINE" if on => "statements end at their semicolons",
        "SINGLESTEP" if on => "there is no terminal to ask on",
        _ => return Ok(()),
    };
    Err(format!("{name} cannot be set this way in a delta: {reason}"))
}

fn said(arguments: &mut Arguments<'_>) -> Result<String, String> {
    let mut words = Vec::new();
    while let Some(argument) = arguments.next()? {
        // Whether the line ends there makes no difference here.
        if !(words.is_empty() && argument.text == "-n" && !argument.quoted) {
            words.push(argument.text);
        }
    }
    Ok(words.join(" "))
}

fn encoding(name: Option<String>) -> Result<Command, String> {
    match name {
        Some(other) if !is_utf8(&other) => Err(format!("a delta must be UTF-8, not {other}")),
        _ => Ok(Command::Ignored),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(line: &str) -> Result<Command, String> {
        let (name, _) = line.split_once(' ').unwrap_or((line, ""));
        parse(name, &mut Arguments::new(line, name.len(), None))
    }

    #[test]
    fn what_has_a_meaning_is_taken() {
        let include = |beside| Command::Include { file: "a b.sql".to_owned(), beside };
        assert_eq!(command("i 'a b.sql'"), Ok(include(false)));
        assert_eq!(command("ir 'a b.sql'"), Ok(include(true)));
        let set = |text: &str| Command::Set("v".to_owned(), Stored::Pasted(text.to_owned()));
        assert_eq!(command("set v a 'b c' d"), Ok(set("ab cd")));
        assert_eq!(command("set v"), Ok(set("")));
        assert_eq!(
            command("echo -n a   'b  c'"),
            Ok(Command::Say(Channel::Output, "a b  c".to_owned()))
        );
    }

    #[test]
    fn harmless_settings_are_passed_over_and_others_refused() {
        for line in ["timing on", "pset pager off", "encoding UTF8", "restrict x", "set"] {
            assert_eq!(command(line), Ok(Command::Ignored), "{line}");
        }
        for line in ["set ON_ERROR_STOP on", "set ON_ERROR_STOP 1", "set ON_ERROR_STOP"] {
            assert!(matches!(command(line), Ok(Command::Set(..))), "{line}");
        }
        for (line, said) in [
            ("set ON_ERROR_STOP off", "stops at its first error"),
            ("unset ON_ERROR_STOP", "stops at its first error"),
            ("set ON_ERROR_ROLLBACK interactive", "is rolled back entirely"),
            ("set AUTOCOMMIT off", "pum manages the transactions"),
            ("encoding latin1", "must be UTF-8"),
            ("set a-b c", "not a variable name"),
            (".", "does not end the data of any COPY"),
            ("gexec", "psql's command \\gexec cannot run in a delta"),
            ("! rm", "psql's command \\! cannot run"),
            ("i", "needs the name of a file"),
            ("i :v", "must be literal"),
        ] {
            let err = command(line).unwrap_err();
            assert!(err.contains(said), "{line}: {err}");
        }
    }
}
