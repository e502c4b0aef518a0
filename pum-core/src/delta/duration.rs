//! Durations in headers of deltas, in options and in the configuration.

use std::time::Duration;

/// The units, as PostgreSQL's settings have them.
const UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A duration in the largest unit that has no fraction, as it may be written in a header.
pub(crate) fn written(duration: Duration) -> String {
    match duration.as_millis() {
        0 => "0".to_owned(),
        ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{}min", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// Reads a duration: a number, optionally with a fraction, and a unit (`ms`, `s`, `min`, `h` or
/// `d`). The default unit is seconds. The result is in whole milliseconds.
///
/// # Errors
///
/// If the text is not a duration.
///
/// ```
/// use std::time::Duration;
/// use pum_core::delta::parse_duration;
///
/// assert_eq!(parse_duration("2 min"), Ok(Duration::from_secs(120)));
/// assert_eq!(parse_duration("0.5"), Ok(Duration::from_millis(500)));
/// assert!(parse_duration("5 weeks").unwrap_err().contains("500ms, 5s, 2min, 1h or 1d"));
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let wrong = || {
        format!(
            "\"{text}\" is not a duration: write 500ms, 5s, 2min, 1h or 1d, or a number of seconds"
        )
    };
    // A number in another notation, such as `.5` or `1e3`.
    if !text.starts_with(|c: char| c.is_ascii_digit())
        || text.contains(['e', 'E'])
        || text.ends_with('.')
    {
        let seconds: f64 = text.parse().map_err(|_| wrong())?;
        return of_seconds(seconds).ok_or_else(wrong);
    }
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.trim();
    let unit = if unit.is_empty() { "s" } else { unit };
    let (_, factor) =
        UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name)).ok_or_else(wrong)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (number.contains('.') && fraction.is_empty()) || fraction.contains('.') {
        return Err(wrong());
    }
    let too_long = || format!("\"{text}\" is too long");
    let whole: u64 = whole.parse().map_err(|_| too_long())?;
    let mut milliseconds = u128::from(whole) * u128::from(*factor);
    // More digits than these are less than a millisecond, even of days.
    let digits = &fraction[..fraction.len().min(12)];
    if !digits.is_empty() {
        let parts: u128 = digits.parse().map_err(|_| wrong())?;
        let scale = 10_u128.pow(u32::try_from(digits.len()).map_err(|_| wrong())?);
        milliseconds += parts * u128::from(*factor) / scale;
    }
    let is_zero = number.chars().all(|c| c == '0' || c == '.');
    if milliseconds == 0 && !is_zero {
        return Err(format!("\"{text}\" is less than a millisecond"));
    }
    u64::try_from(milliseconds).map(Duration::from_millis).map_err(|_| too_long())
}

fn of_seconds(seconds: f64) -> Option<Duration> {
    let exact = Duration::try_from_secs_f64(seconds).ok()?;
    let whole = Duration::from_millis(u64::try_from(exact.as_millis()).ok()?);
    (exact.is_zero() || !whole.is_zero()).then_some(whole)
}

/// Reads a timeout for the server, such as `lock_timeout`: a duration as in [`parse_duration`],
/// where zero means no limit.
///
/// # Errors
///
/// If the text is not a duration, or longer than the server supports.
pub fn parse_time_limit(text: &str) -> Result<Duration, String> {
    let limit = parse_duration(text)?;
    // The server's settings are 32 bits of milliseconds.
    if limit.as_millis() > u128::from(i32::MAX.unsigned_abs()) {
        return Err(format!("\"{}\" is more than the server's maximum, about 596h", text.trim()));
    }
    Ok(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_or_is_in_seconds() {
        for (text, milliseconds) in [
            ("0", 0),
            ("0.0", 0),
            ("5", 5000),
            (" 5 ", 5000),
            ("0.25", 250),
            ("500ms", 500),
            ("1.5s", 1500),
            ("10 min", 600_000),
            ("2MIN", 120_000),
            ("1h", 3_600_000),
            ("1d", 86_400_000),
            ("0.1d", 8_640_000),
            ("1.0004s", 1000),
            ("2147483", 2_147_483_000),
            (".5", 500),
            ("5.", 5000),
            ("+5", 5000),
            ("1e3", 1_000_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
            assert_eq!(parse_time_limit(text), parse_duration(text), "{text}");
        }
        for text in [
            "", "s", "-5", "5 weeks", "5us", "1e", "inf", "NaN", "1.2.3", "5m", "5s 3", "٥s",
            "0,5", ".",
        ] {
            let err = parse_duration(text).unwrap_err();
            assert!(err.contains("is not a duration") && err.contains("500ms"), "{text}: {err}");
        }
        assert!(parse_duration("0.0001").unwrap_err().contains("less than a millisecond"));
        assert!(parse_duration("99999999999999999999").unwrap_err().contains("too long"));
        assert!(parse_duration("999999999999999999d").unwrap_err().contains("too long"));
        assert!(parse_time_limit("700h").unwrap_err().contains("more than the server's maximum"));
        assert_eq!(parse_duration("700h"), Ok(Duration::from_secs(700 * 3600)));
    }
}
