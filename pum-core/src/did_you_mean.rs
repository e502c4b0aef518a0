//! Suggestions for unknown names.

/// The candidate that was most likely meant by `given`, if one is near enough: it differs in at
/// most a third of its characters, or one of the two begins with the other.
///
/// Case and the difference between `_` and `-` are ignored. Of several equally near candidates, the
/// first is returned.
///
/// ```
/// use pum_core::did_you_mean::nearest;
///
/// assert_eq!(nearest("tabels", ["tables", "views"]), Some("tables"));
/// assert_eq!(nearest("drop_colum", ["drop-table", "drop-column"]), Some("drop-column"));
/// assert_eq!(nearest("x", ["tables", "views"]), None);
/// ```
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = normalized(given);
    candidates
        .into_iter()
        .filter_map(|candidate| Some((distance(&given, &normalized(candidate))?, candidate)))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A known name with a suffix needs this many characters to be recognized.
const MIN_KNOWN: usize = 3;

/// Less than this of a known name is the beginning of too many.
const MIN_BEGINNING: usize = 5;

/// In how many places two names differ, if they are near.
fn distance(given: &str, candidate: &str) -> Option<usize> {
    let shorter = given.len().min(candidate.len());
    let is_longer = candidate.len() >= MIN_KNOWN && given.starts_with(candidate);
    let is_beginning = given.len() >= MIN_BEGINNING && candidate.starts_with(given);
    let distance = strsim::osa_distance(given, candidate);
    let is_near = distance <= (candidate.chars().count() / 3).max(1) && distance < shorter;
    (is_near || is_longer || is_beginning).then_some(distance)
}

fn normalized(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_and_a_beginning_are_near_and_another_word_is_not() {
        let known = ["host", "hostaddr", "sslmode", "password", "dbname", "user"];
        for (given, expected) in [
            ("hots", Some("host")),
            ("HOST", Some("host")),
            ("hostadd", Some("hostaddr")),
            ("sslmod", Some("sslmode")),
            ("passwrod", Some("password")),
            ("username", Some("user")),
            ("database_name", None),
            ("pass", None),
            ("u", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, known), expected, "{given}");
        }
        assert_eq!(nearest("a", []), None);
    }

    #[test]
    fn of_several_as_near_it_is_the_first() {
        assert_eq!(nearest("tabl", ["tabla", "table"]), Some("tabla"));
    }
}
