use super::lexer::{Lexer, PieceKind};

/// A word, a quoted name, a string, a number or a symbol of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Token<'a> {
    /// A plain word in lower case; anything else as it is written.
    pub(crate) key: String,
    /// As it is written.
    pub(crate) written: &'a str,
    /// Whether it can be a name, or a part of one.
    pub(crate) is_name: bool,
    /// Where it stands in the statement.
    pub(crate) at: usize,
    /// In how many parentheses or brackets it stands.
    pub(crate) depth: usize,
}

impl Token<'_> {
    /// The name that it is, as the catalogs have it.
    pub(crate) fn name(&self) -> Option<String> {
        let quoted = self.key.strip_prefix('"').and_then(|name| name.strip_suffix('"'));
        let name = quoted.map_or_else(|| self.key.clone(), |name| name.replace("\"\"", "\""));
        self.is_name.then_some(name)
    }
}

/// The tokens of a statement, without comments.
pub(crate) fn tokens(sql: &str) -> Vec<Token<'_>> {
    token_iter(sql).collect()
}

/// The same one by one, for who needs only the first of a long statement.
pub(crate) fn token_iter(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut lexer = Lexer::of_sql();
    let (mut at, mut depth) = (0, 0_usize);
    std::iter::from_fn(move || {
        loop {
            let piece = lexer.next(sql, at)?;
            at = piece.range.end;
            if piece.kind == PieceKind::Space {
                continue;
            }
            let start = piece.range.start;
            let written = sql.get(piece.range)?;
            if matches!(written, ")" | "]") {
                depth = depth.saturating_sub(1);
            }
            let plain = piece.kind == PieceKind::Word;
            let found = Token {
                // As the server folds names in UTF-8: ASCII letters only.
                key: if plain { written.to_ascii_lowercase() } else { written.to_owned() },
                written,
                is_name: plain || piece.kind == PieceKind::QuotedIdentifier,
                at: start,
                depth,
            };
            if matches!(written, "(" | "[") {
                depth += 1;
            }
            return Some(found);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_cut_with_depths_and_without_comments() {
        let sql = "ALTER /* x */ \"T;\" -- y\n ADD CHECK (a[1] <> $$ ) $$) NOT valid";
        let keys: Vec<_> = tokens(sql).into_iter().map(|t| (t.key, t.depth)).collect();
        let keys: Vec<_> = keys.iter().map(|(key, depth)| (&**key, *depth)).collect();
        assert_eq!(keys[..5], [("alter", 0), ("\"T;\"", 0), ("add", 0), ("check", 0), ("(", 0)]);
        assert_eq!(keys[5..9], [("a", 1), ("[", 1), ("1", 2), ("]", 1)]);
        let names: Vec<_> = tokens("Ärger \"Ä\"\"b\"").iter().filter_map(Token::name).collect();
        assert_eq!(names, ["Ärger", "Ä\"b"]);
        assert_eq!(keys[11..], [("$$ ) $$", 1), (")", 0), ("not", 0), ("valid", 0)]);
    }
}
