//! Spellings that are known from the majors alone.

use super::words::words;

/// Whether two printed views differ only in that PostgreSQL 16 and newer leave out the qualifier of
/// columns where a view reads one relation.
///
/// A text of those versions has columns without a qualifier only in a query of one relation; so if
/// all else is equal, and what is left out is always one and the same name, it is that relation's.
///
/// ```
/// use pum_core::diff::differ_in_qualifiers_only;
///
/// let (older, newer) = (" SELECT t.a FROM s.t;", " SELECT a FROM s.t;");
/// assert!(differ_in_qualifiers_only(older, newer));
/// ```
pub fn differ_in_qualifiers_only(older: &str, newer: &str) -> bool {
    let tokens = |sql: &str| -> Vec<String> {
        words(sql).into_iter().filter(|word| !word.trim().is_empty()).collect()
    };
    let (older, newer) = (tokens(older), tokens(newer));
    let mut relation: Option<&str> = None;
    let mut rest = older.iter().peekable();
    for expected in &newer {
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

#[cfg(test)]
mod tests {
    use super::differ_in_qualifiers_only;

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
            assert_eq!(differ_in_qualifiers_only(older, newer), expected, "{older}");
        }
    }
}
