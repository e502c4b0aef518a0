//! An axis of time, from nothing to some end.

use std::time::Duration;

use maud::{Markup, html};
use pum_core::humanize::time;

/// Of so many labels there is room on a phone.
const MOST: f64 = 5.0;

/// The time from nothing to an end, which is as wide as there is room: places on it are percentages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeAxis {
    end: Duration,
}

impl TimeAxis {
    pub(crate) fn new(end: Duration) -> Self {
        Self { end: end.max(Duration::from_micros(1)) }
    }

    /// The place of a moment, in percent.
    pub(crate) fn percent(self, at: Duration) -> f64 {
        (at.as_secs_f64() / self.end.as_secs_f64() * 100.0).clamp(0.0, 100.0)
    }

    /// Round moments, the first of which is the begin.
    pub(crate) fn ticks(self) -> Vec<Duration> {
        let step = step(self.end.as_secs_f64() / MOST);
        let moment = |number: u32| Duration::from_secs_f64(step * f64::from(number));
        (0..100).map(moment).take_while(|tick| *tick <= self.end).collect()
    }

    /// Lines at the round moments, which go through all lanes.
    pub(crate) fn lines(self) -> Markup {
        html! {
            @for tick in self.ticks() {
                @let x = format!("{:.2}%", self.percent(tick));
                line.axis x1=(x) x2=(x) y1="0" y2="100%" {}
            }
        }
    }

    /// The labels of the lines.
    pub(crate) fn labels(self) -> Markup {
        html! {
            svg.labels width="100%" height="18" aria-hidden="true" {
                @for tick in self.ticks() {
                    @let percent = self.percent(tick);
                    @let anchor = match percent {
                        at if at < 4.0 => "start",
                        at if at > 94.0 => "end",
                        _ => "middle",
                    };
                    text x=(format!("{percent:.2}%")) y="13" text-anchor=(anchor) {
                        @if tick.is_zero() { "0" } @else { (time(tick)) }
                    }
                }
            }
        }
    }
}

/// The next round number of seconds: 1, 2 or 5 of some power of ten; above that minutes and hours.
fn step(least: f64) -> f64 {
    const ABOVE: [f64; 12] =
        [10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0];
    if least > 5.0 {
        return ABOVE.into_iter().find(|step| *step >= least).unwrap_or(least);
    }
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|one| one * power)
        .into_iter()
        .find(|one| *one >= least)
        .unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |seconds: f64| -> Vec<String> {
            TimeAxis::new(Duration::from_secs_f64(seconds)).ticks().into_iter().map(time).collect()
        };
        assert_eq!(ticks(0.011), ["0 ms", "5 ms", "10 ms"]);
        assert_eq!(ticks(1.0), ["0 ms", "200 ms", "400 ms", "600 ms", "800 ms", "1.0 s"]);
        for seconds in [1e-6, 0.3, 7.0, 59.0, 61.0, 500.0, 4000.0, 9e4] {
            let number = ticks(seconds).len();
            assert!((2..=7).contains(&number), "{seconds}: {number}");
        }
    }

    #[test]
    fn places_are_on_the_axis() {
        let axis = TimeAxis::new(Duration::from_secs(4));
        let percent = |seconds| format!("{:.1}", axis.percent(Duration::from_secs(seconds)));
        assert_eq!([0, 1, 4, 9].map(percent), ["0.0", "25.0", "100.0", "100.0"]);
        let nothing = TimeAxis::new(Duration::ZERO).lines().into_string();
        assert!(nothing.contains("<line") && !nothing.contains("NaN"), "{nothing}");
    }
}
