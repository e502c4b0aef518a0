//! Figures as people read them.

use std::time::Duration;

/// `512 bytes`, `3.4 MB`
pub(crate) fn size(bytes: u64) -> String {
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

/// `12 ms`, `3.4 s`, `5 min 06 s`
pub(crate) fn time(duration: Duration) -> String {
    match duration.as_secs_f64() {
        short if short < 1.0 => format!("{} ms", duration.as_millis()),
        medium if medium < 120.0 => format!("{medium:.1} s"),
        _ => format!("{} min {:02} s", duration.as_secs() / 60, duration.as_secs() % 60),
    }
}

/// `1 delta`, `2 deltas`
pub(crate) fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
