//! What looks the same and is not: other white space, other ways to write one letter, letters of
//! other scripts.

use crate::text::printable_lines;
use pum_core::model::Value;
use unicode_security::confusable_detection::skeleton;

/// How a text looks: white space of any kind and length is one blank, and letters that are easily
/// taken for each other are one (Unicode Technical Standard 39, "Confusable Detection").
pub(super) fn visible_form(text: &str) -> String {
    let shown = printable_lines(text);
    let words: Vec<String> =
        shown.split_whitespace().map(|word| skeleton(word).collect()).collect();
    words.join(" ")
}

/// In what two texts differ that look the same on the sides `left` and `right`.
pub(super) fn difference(texts: [&str; 2], sides: [&str; 2]) -> Option<String> {
    let [left, right] = texts;
    if left == right || visible_form(left) != visible_form(right) {
        return None;
    }
    let pairs = left.chars().zip(right.chars());
    let same: String = pairs.take_while(|(l, r)| l == r).map(|(l, _)| l).collect();
    let line = same.matches('\n').count() + 1;
    let character = same.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let at = |text: &str| match text[same.len()..].chars().next() {
        Some('\n') => "the end of the line".to_owned(),
        Some(c) => format!("U+{:04X}", u32::from(c)),
        None => "the end".to_owned(),
    };
    let place = if left.contains('\n') || right.contains('\n') {
        format!("line {line}, character {character}")
    } else {
        format!("character {character}")
    };
    Some(format!(
        "they look alike; {place} is {} in {}, {} in {}",
        at(left),
        sides[0],
        at(right),
        sides[1]
    ))
}

/// The same of two values. A list may look like a text with commas in it, and nothing like a text.
pub(super) fn difference_of_values(values: [&Value; 2], sides: [&str; 2]) -> Option<String> {
    let texts = values.map(Value::to_string);
    let [left, right] = &texts;
    if left != right {
        return difference([left, right], sides);
    }
    let exact = values.map(|value| match value {
        Value::None => Some("nothing is set".to_owned()),
        Value::Text(text) | Value::Sql(text) => Some(format!("it is the text {text:?}")),
        Value::List(texts) => Some(format!("it is the list {texts:?}")),
        // Those are no secret: the values are.
        Value::Boolean(_) | Value::Integer(_) | Value::Secrets(_) => None,
    });
    let [Some(left), Some(right)] = exact else { return None };
    Some(format!("they look alike; in {} {left}, in {} {right}", sides[0], sides[1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_told_apart() {
        let told = |left: &str, right: &str| difference([left, right], ["a", "b"]);
        let alike = |text: &str| Some(format!("they look alike; {text}"));
        assert_eq!(told("x", "x"), None);
        assert_eq!(told("x", "y"), None);
        assert_eq!(told("x ", "x"), alike("character 2 is U+0020 in a, the end in b"));
        assert_eq!(told("a\u{a0}b", "a b"), alike("character 2 is U+00A0 in a, U+0020 in b"));
        assert_eq!(
            told("caf\u{e9}", "cafe\u{301}"),
            alike("character 4 is U+00E9 in a, U+0065 in b")
        );
        assert_eq!(told("\u{430}b", "ab"), alike("character 1 is U+0430 in a, U+0061 in b"));
        assert_eq!(
            told("a\nb \nc", "a\nb\nc"),
            alike("line 2, character 2 is U+0020 in a, the end of the line in b")
        );
        // What cannot be seen is shown as an escape, and so does not look the same.
        assert_eq!(told("a\u{200b}", "a"), None);
    }

    #[test]
    fn values_of_different_types_are_told_apart() {
        let told = |values: [&Value; 2]| difference_of_values(values, ["a", "b"]);
        let text = Value::Text("(none)".to_owned());
        assert_eq!(
            told([&Value::None, &text]).as_deref(),
            Some("they look alike; in a nothing is set, in b it is the text \"(none)\"")
        );
        let list = |texts: &[&str]| Value::List(texts.iter().map(ToString::to_string).collect());
        assert_eq!(
            told([&list(&["a, b"]), &list(&["a", "b"])]).as_deref(),
            Some(
                "they look alike; in a it is the list [\"a, b\"], in b it is the list [\"a\", \"b\"]"
            )
        );
        assert_eq!(told([&list(&["a"]), &list(&["b"])]), None);
    }
}
