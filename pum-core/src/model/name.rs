//! Names as the model writes them: in quotes only where they need them.

use crate::sql::quote_ident;

/// The parts of a name with dots between them, those in double quotes that are no ordinary
/// lower-case names. The catalog queries write names of other objects in the same way.
///
/// ```
/// use pum_core::model::quoted_name;
///
/// assert_eq!(quoted_name(["app", "Order"]), "app.\"Order\"");
/// ```
pub fn quoted_name<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    parts.into_iter().map(quoted_part).collect::<Vec<_>>().join(".")
}

fn quoted_part(name: &str) -> String {
    let mut chars = name.chars();
    let plain_start = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '$';
    if plain_start && chars.all(plain) {
        return name.to_owned();
    }
    quote_ident(name)
}

/// The name that stands in double quotes at the start of a text, and what follows it.
pub(crate) fn split_quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text.strip_prefix('"')?;
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                name.push('"');
                rest = more;
            }
            None => return Some((name, after)),
        }
    }
}

/// One name as [`quoted_name`] writes it, without its quotes.
pub(crate) fn unquoted_name(text: &str) -> Option<String> {
    if !text.starts_with('"') {
        return Some(text.to_owned());
    }
    split_quoted(text).filter(|(_, rest)| rest.is_empty()).map(|(name, _)| name)
}

/// The parts of a name as [`quoted_name`] writes it.
pub(crate) fn name_parts(text: &str) -> Option<Vec<String>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    loop {
        let (part, behind) = if rest.starts_with('"') {
            split_quoted(rest)?
        } else {
            let end = rest.find('.').unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        parts.push(part);
        if behind.is_empty() {
            return Some(parts);
        }
        rest = behind.strip_prefix('.')?;
    }
}

/// A name for people: characters that mislead a reader are escaped.
pub(super) fn printable_name(name: &str) -> String {
    printable(&quoted_part(name))
}

/// Whether a character is not what a reader takes it for: control characters, those that turn the
/// direction of the text around or cannot be seen, and those that are none at all.
pub fn is_spoofing_char(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f
                | 0xfeff | 0xfff9..=0xfffb | 0xe_0000..=0xe_007f
        )
        || u32::from(c) & 0xfffe == 0xfffe
}

/// A text with the characters escaped that mislead a reader.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_spoofing_char(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_name_is_read_back() {
        for name in ["plain", "A b", "a\"b", "\"", ""] {
            assert_eq!(unquoted_name(&quoted_name([name])).as_deref(), Some(name));
            let parts = ["a.b", name, "c"].map(str::to_owned);
            let written = quoted_name(parts.iter().map(|part| &**part));
            assert_eq!(name_parts(&written).as_deref(), Some(&parts[..]));
        }
        assert_eq!(split_quoted("\"a\"\"b\": c"), Some(("a\"b".to_owned(), ": c")));
        for broken in ["\"a", "\"a\"b", "\"a\"\""] {
            assert_eq!(unquoted_name(broken), None, "{broken}");
        }
    }
}
