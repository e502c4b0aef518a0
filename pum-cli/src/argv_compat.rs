//! Options of several letters behind one dash, as the Python program has them: `-p1`, `-pp`, `-vv`.
//! They are rewritten before the arguments are parsed.

use std::ffi::OsString;

/// The names of commands, and each of their options of several letters with its long form.
type Spelling = (&'static [&'static str], &'static [(&'static str, &'static str)]);

const SPELLINGS: &[Spelling] = &[
    (&["check", "checker"], &[("-p1", "--pg-service1"), ("-p2", "--pg-service2")]),
    (
        &["test-and-upgrade", "manager"],
        &[
            ("-pp", "--pg-service-prod"),
            ("-pt", "--pg-service-test"),
            ("-pc", "--pg-service-comp"),
            ("-vv", "--verbose"),
        ],
    ),
    (&["upgrade", "upgrader"], &[("-vv", "--verbose")]),
];

/// Rewrites the options of the command that is called. Nothing behind `--` is touched.
pub(crate) fn rewrite(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut spellings: &[(&str, &str)] = &[];
    let mut plain = false;
    arguments
        .into_iter()
        .enumerate()
        .map(|(at, argument)| {
            let Some(text) = argument.to_str() else { return argument };
            plain |= text == "--";
            if at == 0 || plain {
                return argument;
            }
            if spellings.is_empty() {
                let own = SPELLINGS.iter().find(|(commands, _)| commands.contains(&text));
                spellings = own.map_or(spellings, |(_, own)| own);
                return argument;
            }
            let (name, value) = match text.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (text, None),
            };
            match (spellings.iter().find(|(short, _)| *short == name), value) {
                (Some((_, long)), Some(value)) => format!("{long}={value}").into(),
                (Some((_, long)), None) => (*long).into(),
                (None, _) => argument,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(line: &str) -> String {
        let arguments = line.split(' ').map(OsString::from);
        let texts = rewrite(arguments).into_iter().map(|text| text.into_string().unwrap());
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_command_has_its_own_spellings() {
        for (given, expected) in [
            ("pum check -p1 a -p2=b", "pum check --pg-service1 a --pg-service2=b"),
            ("pum -c x.toml manager -pp a", "pum -c x.toml manager --pg-service-prod a"),
            ("pum dump -pp out", "pum dump -pp out"),
            ("pum upgrade -vv -p a", "pum upgrade --verbose -p a"),
            ("pum check -- -p1", "pum check -- -p1"),
        ] {
            assert_eq!(rewritten(given), expected);
        }
    }
}
