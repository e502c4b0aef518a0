//! Different spellings known from major versions.

use super::words::tokens;

/// Whether two texts are the same expression or view as printed by two major versions of
/// PostgreSQL.
///
/// * 14 and later print calls with SQL-standard syntax: `"position"(b, a)` becomes `POSITION((a) IN
///   (b))`. They are compared as calls.
/// * 16 and later omit the qualifier of columns if a view reads one relation. If everything else is
///   equal, and the omitted name is always the same, it is that relation's.
///
/// What else may differ between two majors is not known here: then the texts differ.
///
/// ```
/// use pum_core::diff::same_deparse;
///
/// let (older, newer) = (" SELECT btrim(t.a) FROM s.t;", " SELECT TRIM(BOTH FROM a) FROM s.t;");
/// assert!(same_deparse((12, older), (18, newer)));
/// assert!(!same_deparse((14, older), (18, newer)));
/// ```
pub fn same_deparse(older: (u32, &str), newer: (u32, &str)) -> bool {
    const WITH_WORDS: u32 = 14;
    const WITHOUT_QUALIFIERS: u32 = 16;
    let between = |major| older.0 < major && major <= newer.0;
    let tokens = |sql: &str| -> Vec<String> {
        tokens(sql).into_iter().filter(|token| !token.trim().is_empty()).collect()
    };
    let (older, mut newer) = (tokens(older.1), tokens(newer.1));
    if between(WITH_WORDS) {
        newer = written(&calls(&nested(&mut newer.into_iter())));
    }
    older == newer || between(WITHOUT_QUALIFIERS) && differ_in_qualifiers_only(&older, &newer)
}

fn differ_in_qualifiers_only(older: &[String], newer: &[String]) -> bool {
    let mut relation: Option<&str> = None;
    let mut rest = older.iter().peekable();
    for expected in newer {
        let mut token = rest.next();
        if token != Some(expected)
            && let (Some(name), Some(dot)) = (token, rest.peek())
            && *dot == "."
            && relation.is_none_or(|relation| relation == name)
        {
            relation = Some(name);
            rest.next();
            token = rest.next();
        }
        if token != Some(expected) {
            return false;
        }
    }
    rest.next().is_none()
}

/// A token, or all between two parentheses.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Word(String),
    Group(Vec<Node>),
}

impl Node {
    fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }

    fn is(&self, text: &str) -> bool {
        matches!(self, Self::Word(word) if word == text)
    }
}

fn nested(tokens: &mut impl Iterator<Item = String>) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(token) = tokens.next() {
        match token.as_str() {
            "(" => nodes.push(Node::Group(nested(tokens))),
            ")" => break,
            _ => nodes.push(Node::Word(token)),
        }
    }
    nodes
}

fn written(nodes: &[Node]) -> Vec<String> {
    let mut tokens = Vec::new();
    for node in nodes {
        match node {
            Node::Word(word) => tokens.push(word.clone()),
            Node::Group(inner) => {
                tokens.push("(".to_owned());
                tokens.extend(written(inner));
                tokens.push(")".to_owned());
            }
        }
    }
    tokens
}

/// The nodes with calls for what SQL has words for (`get_func_sql_syntax` in the server's
/// `ruleutils.c`).
fn calls(nodes: &[Node]) -> Vec<Node> {
    let mut out = Vec::new();
    let mut rest = nodes;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (Node::Word(name), [Node::Group(inner), after @ ..])
                if let Some(call) = call_in_words(name, &calls(inner)) =>
            {
                out.extend(call);
                rest = after;
            }
            (Node::Word(name), [with, group @ Node::Group(_), after @ ..])
                if name == "COLLATION" && with.is("FOR") =>
            {
                out.push(Node::word("pg_collation_for"));
                out.extend(calls(std::slice::from_ref(group)));
                rest = after;
            }
            (Node::Group(inner), _) => {
                let inner = calls(inner);
                out.extend(operation_in_words(&inner).unwrap_or_else(|| vec![Node::Group(inner)]));
            }
            (word, _) => out.push(word.clone()),
        }
    }
    out
}

/// `NAME(… WORD …)`.
fn call_in_words(name: &str, inner: &[Node]) -> Option<Vec<Node>> {
    match name {
        "POSITION" => {
            let [part, whole] = two_groups(inner, "IN")?;
            Some(call("position", &[whole, part]))
        }
        "XMLEXISTS" => {
            let [path, document] = two_groups(inner, "PASSING")?;
            Some(call("xmlexists", &[path, document]))
        }
        "SUBSTRING" => split(inner, &["FROM", "FOR"])
            .or_else(|| split(inner, &["SIMILAR", "ESCAPE"]))
            .map(|arguments| call("substring", &arguments)),
        "OVERLAY" => {
            split(inner, &["PLACING", "FROM", "FOR"]).map(|arguments| call("overlay", &arguments))
        }
        "TRIM" => {
            let (side, inner) = inner.split_first()?;
            let names = [("BOTH", "btrim"), ("LEADING", "ltrim"), ("TRAILING", "rtrim")];
            let (_, name) = names.into_iter().find(|(word, _)| side.is(word))?;
            let arguments = split(inner, &["FROM"])?;
            let [characters, text] = arguments.as_slice() else { return None };
            let both = [text.clone(), characters.clone()];
            Some(call(name, if characters.is_empty() { &both[..1] } else { &both }))
        }
        "NORMALIZE" => match inner {
            [text @ .., comma, form] if comma.is(",") => {
                Some(call("normalize", &[text.to_vec(), normal_form(form)?]))
            }
            text => Some(call("normalize", &[text.to_vec()])),
        },
        _ => None,
    }
}

/// `(… WORDS …)`.
fn operation_in_words(inner: &[Node]) -> Option<Vec<Node>> {
    let at = |words: &[&str]| {
        let found = |window: &[Node]| window.iter().zip(words).all(|(node, word)| node.is(word));
        inner.windows(words.len()).position(found).map(|at| (at, at + words.len()))
    };
    if let Some((before, after)) = at(&["AT", "TIME", "ZONE"]) {
        return Some(call("timezone", &[inner[after..].to_vec(), inner[..before].to_vec()]));
    }
    if let Some((before, after)) = at(&["AT", "LOCAL"])
        && after == inner.len()
    {
        return Some(call("timezone", &[inner[..before].to_vec()]));
    }
    if let [Node::Group(one), word, Node::Group(other)] = inner
        && word.is("OVERLAPS")
    {
        return Some(call("overlaps", &[one.clone(), other.clone()]));
    }
    match inner {
        [text @ .., is, normalized] if is.is("IS") && normalized.is("NORMALIZED") => {
            Some(call("is_normalized", &[text.to_vec()]))
        }
        [text @ .., is, form, normalized] if is.is("IS") && normalized.is("NORMALIZED") => {
            Some(call("is_normalized", &[text.to_vec(), normal_form(form)?]))
        }
        _ => None,
    }
}

/// `(one) WORD (other)`, where the parentheses belong to the syntax.
fn two_groups(inner: &[Node], word: &str) -> Option<[Vec<Node>; 2]> {
    match inner {
        [Node::Group(one), found, Node::Group(other)] if found.is(word) => {
            Some([one.clone(), other.clone()])
        }
        _ => None,
    }
}

/// What stands before, between and after the words, of which the last may be missing if there are
/// several.
fn split(inner: &[Node], words: &[&str]) -> Option<Vec<Vec<Node>>> {
    let mut parts = Vec::new();
    let mut rest = inner;
    for (number, word) in words.iter().enumerate() {
        match rest.iter().position(|node| node.is(word)) {
            Some(at) => {
                parts.push(rest[..at].to_vec());
                rest = &rest[at + 1..];
            }
            None if number > 0 && number + 1 == words.len() => break,
            None => return None,
        }
    }
    parts.push(rest.to_vec());
    Some(parts)
}

/// `NFC` as the text that the function takes.
fn normal_form(form: &Node) -> Option<Vec<Node>> {
    match form {
        Node::Word(form) if ["NFC", "NFD", "NFKC", "NFKD"].contains(&form.as_str()) => {
            let text = format!("'{}'", form.to_lowercase());
            Some([text.as_str(), "::", "text"].map(Node::word).to_vec())
        }
        _ => None,
    }
}

fn call(name: &str, arguments: &[Vec<Node>]) -> Vec<Node> {
    vec![Node::word(name), Node::Group(arguments.join(&Node::word(",")))]
}

#[cfg(test)]
mod tests {
    use super::same_deparse;

    #[test]
    fn only_the_one_relation_may_be_left_out() {
        let newer = " SELECT id, note\n FROM app.orders\n WHERE (id > 0);";
        for (older, expected) in [
            (" SELECT orders.id, orders.note\n FROM app.orders\n WHERE (orders.id > 0);", true),
            (newer, true),
            (" SELECT orders.id, orders.note\n FROM app.orders\n WHERE (orders.id > 1);", false),
            (" SELECT orders.id, other.note\n FROM app.orders\n WHERE (orders.id > 0);", false),
            (" SELECT orders.id\n FROM app.orders\n WHERE (orders.id > 0);", false),
            (" SELECT orders.id, orders.note\n FROM app.orders\n WHERE (orders.id > 0) x;", false),
        ] {
            assert_eq!(same_deparse((15, older), (16, newer)), expected, "{older}");
        }
        let older = " SELECT orders.id FROM app.orders;";
        assert!(!same_deparse((16, older), (17, " SELECT id FROM app.orders;")));
    }

    /// As 13 and 14 print them.
    #[test]
    fn words_are_calls() {
        for (older, newer) in [
            (r#""position"(t.a, 'a'::text)"#, "POSITION(('a'::text) IN (t.a))"),
            (r#""position"(('a'::text || t.a), t.a)"#, "POSITION((t.a) IN (('a'::text || t.a)))"),
            (r#""substring"(t.a, 2, 3)"#, "SUBSTRING(t.a FROM 2 FOR 3)"),
            (r#""substring"(t.a, 2)"#, "SUBSTRING(t.a FROM 2)"),
            (r#""substring"(t.a, '[a-z]+'::text)"#, r#""substring"(t.a, '[a-z]+'::text)"#),
            (
                r#""substring"(t.a, '%#"a#"%'::text, '#'::text)"#,
                r#"SUBSTRING(t.a SIMILAR '%#"a#"%'::text ESCAPE '#'::text)"#,
            ),
            ("btrim(t.a, 'x'::text)", "TRIM(BOTH 'x'::text FROM t.a)"),
            ("ltrim(t.a)", "TRIM(LEADING FROM t.a)"),
            (
                r#""overlay"(t.a, 'x''('::text, 2, 1)"#,
                "OVERLAY(t.a PLACING 'x''('::text FROM 2 FOR 1)",
            ),
            (r#""overlay"(t.a, 'x'::text, 2)"#, "OVERLAY(t.a PLACING 'x'::text FROM 2)"),
            ("timezone(('UTC'::text || t.a), t.p)", "(t.p AT TIME ZONE ('UTC'::text || t.a))"),
            (r#""overlaps"(t.c, t.c, t.c, t.i)"#, "((t.c, t.c) OVERLAPS (t.c, t.i))"),
            (r#""xmlexists"('//a'::text, t.x)"#, "XMLEXISTS(('//a'::text) PASSING (t.x))"),
            ("pg_collation_for(t.a)", "COLLATION FOR (t.a)"),
            (r#""normalize"(t.a, 'nfd'::text)"#, "NORMALIZE(t.a, NFD)"),
            (r#""normalize"(t.a)"#, "NORMALIZE(t.a)"),
            ("is_normalized(t.a)", "(t.a IS NORMALIZED)"),
            ("is_normalized(t.a, 'nfd'::text)", "(t.a IS NFD NORMALIZED)"),
            (
                r#"btrim(btrim("substring"(t.a, "position"(t.a, 'b'::text))), 'x'::text)"#,
                "TRIM(BOTH 'x'::text FROM TRIM(BOTH FROM SUBSTRING(t.a FROM POSITION(('b'::text) IN (t.a)))))",
            ),
        ] {
            assert!(same_deparse((13, older), (14, newer)), "{newer}");
            let other = newer.replace("t.a", "t.b");
            assert_eq!(same_deparse((13, older), (14, &other)), other == newer, "{newer}");
        }
        let (older, newer) = ("\"position\"('a'::text, t.a)", "POSITION(('a'::text) IN (t.a))");
        assert!(!same_deparse((13, older), (14, newer)));
    }
}
