//! How many statements took how long.

use std::time::Duration;

use maud::{Markup, html};
use pum_core::humanize::{count, time};

/// Where a class of times ends, and its name.
const CLASSES: [(Duration, &str); 8] = [
    (Duration::from_millis(1), "under 1 ms"),
    (Duration::from_millis(10), "1 to 10 ms"),
    (Duration::from_millis(100), "10 to 100 ms"),
    (Duration::from_secs(1), "0.1 to 1 s"),
    (Duration::from_secs(10), "1 to 10 s"),
    (Duration::from_secs(60), "10 s to 1 min"),
    (Duration::from_secs(600), "1 to 10 min"),
    (Duration::MAX, "over 10 min"),
];

/// Statements that took about as long.
struct Class {
    name: &'static str,
    number: usize,
    sum: Duration,
    /// Whether one of them took longer than it may.
    over: bool,
}

/// The times of statements in classes, with the time that all of a class took. `limit`: how long one
/// may take.
pub(crate) fn histogram(times: &[Duration], limit: Option<Duration>) -> Markup {
    let classes = classes(times, limit);
    let most = classes.iter().map(|class| class.number).max().unwrap_or(1).max(1);
    html! {
        table.data.bars {
            thead {
                tr { th { "A statement took" } th { "Statements" } th.number { "Together" } }
            }
            tbody {
                @for class in &classes {
                    tr {
                        td.word { (class.name) }
                        td.picture {
                            @let width = share(class.number, most);
                            svg width="100%" height="20" aria-hidden="true" {
                                rect class=(if class.over { "over" } else { "plain" }) y="3"
                                    height="14" rx="2" width=(format!("{width:.2}%")) {}
                            }
                            span.count { (count(class.number, "statement")) }
                        }
                        td.number data-label="together" { (time(class.sum)) }
                    }
                }
            }
        }
    }
}

/// From the first class with a statement to the last one.
fn classes(times: &[Duration], limit: Option<Duration>) -> Vec<Class> {
    let of = |time: &Duration| CLASSES.iter().position(|(end, _)| time < end).unwrap_or(7);
    let mut classes: Vec<Class> = CLASSES
        .iter()
        .map(|(_, name)| Class { name, number: 0, sum: Duration::ZERO, over: false })
        .collect();
    for time in times {
        let class = &mut classes[of(time)];
        class.number += 1;
        class.sum += *time;
        class.over |= limit.is_some_and(|limit| *time > limit);
    }
    let is_used = |class: &Class| class.number > 0;
    let first = classes.iter().position(is_used).unwrap_or_default();
    let behind = classes.iter().rposition(is_used).map_or(0, |last| last + 1);
    classes.drain(first..behind).collect()
}

/// What part of the largest one it is, in percent. What is there is seen.
#[expect(clippy::cast_precision_loss, reason = "a picture")]
fn share(number: usize, most: usize) -> f64 {
    if number == 0 { 0.0 } else { (number as f64 / most as f64 * 100.0).max(0.5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_is_in_one_class() {
        let times = [0.5, 0.7, 1.0, 50.0, 700_000.0].map(|ms| Duration::from_secs_f64(ms / 1000.0));
        let found = classes(&times, Some(Duration::from_secs(60)));
        let told: Vec<_> = found.iter().map(|one| (one.name, one.number, one.over)).collect();
        assert_eq!(
            told,
            [
                ("under 1 ms", 2, false),
                ("1 to 10 ms", 1, false),
                ("10 to 100 ms", 1, false),
                ("0.1 to 1 s", 0, false),
                ("1 to 10 s", 0, false),
                ("10 s to 1 min", 0, false),
                ("1 to 10 min", 0, false),
                ("over 10 min", 1, true),
            ]
        );
        assert_eq!(found[0].sum, Duration::from_micros(1200));
        assert!(classes(&[], None).is_empty());
    }
}
