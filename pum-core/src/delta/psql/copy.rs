/// What a `\copy` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::delta) struct Copy {
    /// The `COPY … FROM STDIN` that does the same.
    pub(in crate::delta) sql: String,
    pub(in crate::delta) from: CopyFrom,
}

/// Where the data of a `\copy` are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::delta) enum CopyFrom {
    /// In the lines that follow, as with `COPY … FROM STDIN`.
    Script,
    /// In a file.
    File(String),
}

const USAGE: &str = "\\copy TABLE [(COLUMN, …)] FROM 'FILE' [OPTIONS]";

/// Reads the arguments of a `\copy`: the rest of its line, without variables.
pub(super) fn parse(arguments: &str) -> Result<Copy, String> {
    let tokens = tokens(arguments)?;
    let mut depth = 0;
    let direction = tokens.iter().position(|token| {
        match token.text {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        depth == 0 && (token.is("from") || token.is("to"))
    });
    let Some(direction) = direction else {
        return Err(format!("no FROM in this \\copy; it is written {USAGE}"));
    };
    if tokens[direction].is("to") {
        return Err("\\copy … TO writes a file, which a delta cannot do".to_owned());
    }
    let Some(source) = tokens.get(direction + 1) else {
        return Err(format!("no file in this \\copy; it is written {USAGE}"));
    };
    if source.is("program") || source.is("pstdin") {
        return Err(format!(
            "\\copy … FROM {} cannot run in a delta: put the data into a file",
            source.text.to_ascii_uppercase()
        ));
    }
    let from = match source.text.strip_prefix('\'') {
        _ if source.is("stdin") => CopyFrom::Script,
        Some(rest) => CopyFrom::File(rest.strip_suffix('\'').unwrap_or(rest).replace("''", "'")),
        None => {
            // An unquoted file name goes on to the next white space.
            let rest = &arguments[source.at..];
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            CopyFrom::File(rest[..end].to_owned())
        }
    };
    let end = match &from {
        CopyFrom::File(name) if !source.text.starts_with('\'') => source.at + name.len(),
        _ => source.at + source.text.len(),
    };
    let before = &arguments[..tokens[direction].at];
    let after = arguments[end..].trim_end().trim_end_matches(';');
    Ok(Copy { sql: format!("COPY {before}FROM STDIN{after}"), from })
}

struct Token<'a> {
    at: usize,
    text: &'a str,
}

impl Token<'_> {
    fn is(&self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>, String> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            quote @ ('\'' | '"') => {
                let close = |from: usize| rest[from..].find(quote).map(|found| from + found + 1);
                let mut end = close(1).ok_or("this quote is not closed on its line")?;
                while rest[end..].starts_with(quote) {
                    end = close(end + 1).ok_or("this quote is not closed on its line")?;
                }
                end
            }
            '(' | ')' | ',' | '.' => 1,
            _ => rest
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, '\'' | '"' | '(' | ')' | ',' | '.')
                })
                .unwrap_or(rest.len()),
        };
        tokens.push(Token { at, text: &rest[..length] });
        at += length;
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_becomes_a_copy_from_stdin() {
        let file = |name: &str| CopyFrom::File(name.to_owned());
        for (text, sql, from) in [
            ("t from 'a b.csv'", "COPY t FROM STDIN", file("a b.csv")),
            (
                "s.\"from\" (a, \"b c\") FROM it''s.csv with (format csv)",
                "COPY s.\"from\" (a, \"b c\") FROM STDIN with (format csv)",
                file("it''s.csv"),
            ),
            ("t from 'it''s' csv header;", "COPY t FROM STDIN csv header", file("it's")),
            ("t from data/t.tsv where a > 1", "COPY t FROM STDIN where a > 1", file("data/t.tsv")),
            ("t from stdin", "COPY t FROM STDIN", CopyFrom::Script),
        ] {
            assert_eq!(parse(text), Ok(Copy { sql: sql.to_owned(), from }), "{text}");
        }
    }

    #[test]
    fn what_a_delta_cannot_do_is_refused() {
        for (text, said) in [
            ("t to 'x'", "writes a file"),
            ("(select 1 from t) to stdout", "writes a file"),
            ("t from program 'date'", "FROM PROGRAM"),
            ("t from pstdin", "FROM PSTDIN"),
            ("t", "no FROM"),
            ("t from", "no file"),
            ("t from 'x", "not closed"),
        ] {
            let err = parse(text).unwrap_err();
            assert!(err.contains(said), "{text}: {err}");
        }
    }
}
