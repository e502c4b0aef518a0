//! Whether bounds of partitions have rows in common.

/// Whether it is certain that no row is within both bounds.
pub(super) fn are_disjoint(one: &str, other: &str) -> bool {
    if let (Some([from, to]), Some([other_from, other_to])) = (range(one), range(other)) {
        return is_at_most(to, other_from) || is_at_most(other_to, from);
    }
    if let (Some(one), Some(other)) =
        (inside(one, "FOR VALUES IN ("), inside(other, "FOR VALUES IN ("))
    {
        // Of a value with a comma the parts are looked at.
        return !one.split(", ").any(|value| other.split(", ").any(|it| it == value));
    }
    let hash = |bound| inside(bound, "FOR VALUES WITH (modulus ")?.split_once(", remainder ");
    match (hash(one), hash(other)) {
        (Some(one), Some(other)) => one.0 == other.0 && one.1 != other.1,
        _ => false,
    }
}

fn inside<'b>(bound: &'b str, start: &str) -> Option<&'b str> {
    bound.strip_prefix(start)?.strip_suffix(')')
}

/// The ends of a range of one column.
fn range(bound: &str) -> Option<[&str; 2]> {
    let (from, to) = inside(bound, "FOR VALUES FROM (")?.split_once(") TO (")?;
    Some([from, to])
}

/// Whether it is certain that a value is not greater than another one: whole numbers, or dates and times of
/// the same form.
fn is_at_most(one: &str, other: &str) -> bool {
    let text = |value: &str| value.strip_prefix('\'')?.strip_suffix('\'').map(str::to_owned);
    let [one, other] = [one, other].map(|value| text(value).unwrap_or_else(|| value.to_owned()));
    if let (Ok(one), Ok(other)) = (one.parse::<i128>(), other.parse::<i128>()) {
        return one <= other;
    }
    let is_time = |value: &str| {
        let is_part = |c: char| c.is_ascii_digit() || "-: ".contains(c);
        value.len() >= 10 && value.chars().all(is_part) && value.as_bytes()[4] == b'-'
    };
    is_time(&one) && is_time(&other) && one.len() == other.len() && one <= other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_certain_is_disjoint() {
        let range = |from: &str, to: &str| format!("FOR VALUES FROM ({from}) TO ({to})");
        let list = |values: &str| format!("FOR VALUES IN ({values})");
        let hash = |m: u8, r: u8| format!("FOR VALUES WITH (modulus {m}, remainder {r})");
        for (one, other, are) in [
            (range("'2024-01-01'", "'2025-01-01'"), range("'2025-01-01'", "'2026-01-01'"), true),
            (range("'2024-01-01'", "'2025-01-01'"), range("'2024-01-01'", "'2025-01-01'"), false),
            (range("'2024-01-01'", "'2025-01-01'"), range("'2024-07-01'", "'2024-08-01'"), false),
            (range("0", "10"), range("10", "20"), true),
            (range("9", "10"), range("'10'", "MAXVALUE"), true),
            (range("MINVALUE", "10"), range("9", "20"), false),
            (range("1, 2", "1, 3"), range("1, 3", "1, 4"), false),
            (range("'a'", "'b'"), range("'b'", "'c'"), false),
            (list("1, 2"), list("3"), true),
            (list("1, 2"), list("2, NULL"), false),
            (list("'a, b'"), list("'a, b'"), false),
            (hash(4, 0), hash(4, 1), true),
            (hash(4, 0), hash(8, 1), false),
            (list("1"), "DEFAULT".to_owned(), false),
        ] {
            assert_eq!(are_disjoint(&one, &other), are, "{one} {other}");
            assert_eq!(are_disjoint(&other, &one), are, "{other} {one}");
        }
    }
}
