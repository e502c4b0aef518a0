//! Human-readable numbers.

use std::cmp::Ordering;
use std::time::Duration;

/// A size in bytes: `512 bytes`, `3.4 MB`.
///
/// ```
/// use pum_core::humanize::size;
///
/// assert_eq!(size(512), "512 bytes");
/// assert_eq!(size(3_400_000), "3.4 MB");
/// ```
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    // A few digits are shown.
    #[allow(clippy::cast_precision_loss)]
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// A duration in the unit that fits: `12 ms`, `3.4 s`, `5 min 06 s`.
pub fn time(duration: Duration) -> String {
    match duration.as_secs_f64() {
        short if short < 1.0 => format!("{} ms", duration.as_millis()),
        medium if medium < 120.0 => format!("{medium:.1} s"),
        _ => format!("{} min {:02} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

/// A duration in seconds, for columns of them: `0.25 s`, `12.3 s`, `4 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    match duration.as_secs_f64() {
        short if short < 10.0 => format!("{short:.2} s"),
        medium if medium < 120.0 => format!("{medium:.1} s"),
        _ => format!("{} min {:02} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

/// A number with separators: `1,234,567`. More than fits into 64 bits is as much as fits.
pub fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or(u64::MAX).to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The order in which people expect names: numbers in them count as numbers, so `t2` comes before `t10`.
/// Names that differ only in leading zeros are in the order of their characters.
///
/// ```
/// use pum_core::humanize::natural_order;
///
/// let mut names = ["t10", "t2", "t1"];
/// names.sort_by(|a, b| natural_order(a, b));
/// assert_eq!(names, ["t1", "t2", "t10"]);
/// ```
pub fn natural_order(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (one, other) = (number_in_front(left), number_in_front(right));
        if let (Some((one, left_rest)), Some((other, right_rest))) = (one, other) {
            // Without leading zeros the longer one is the greater one.
            match (one.len(), one).cmp(&(other.len(), other)) {
                Ordering::Equal => (left, right) = (left_rest, right_rest),
                unequal => return unequal,
            }
            continue;
        }
        let (mut left_chars, mut right_chars) = (left.chars(), right.chars());
        match (left_chars.next(), right_chars.next()) {
            (None, None) => return a.cmp(b),
            (one, other) if one != other => return one.cmp(&other),
            _ => (left, right) = (left_chars.as_str(), right_chars.as_str()),
        }
    }
}

/// The digits at the start of a text, without leading zeros, and what follows.
fn number_in_front(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].trim_start_matches('0'), &text[end..]))
}

/// How many: `1 delta`, `2,000 deltas`, `3 indexes`.
///
/// ```
/// use pum_core::humanize::count;
///
/// assert_eq!(count(1, "row"), "1 row");
/// assert_eq!(count(12_345_678, "row"), "12,345,678 rows");
/// ```
pub fn count(number: impl TryInto<u64>, thing: &str) -> String {
    let number = grouped(number);
    let end = match &*number {
        "1" => "",
        _ if thing.ends_with('x') => "es",
        _ => "s",
    };
    format!("{number} {thing}{end}")
}
