//! The steps of a run, and a picture of when each of them was at work.

use std::time::Duration;

use maud::{Markup, html};
use pum_core::humanize::seconds;
use pum_core::manager::RunStep;

use super::view::Run;
use crate::text::printable;

/// How wide the picture is in its own units; on the page it is as wide as there is room.
const WIDTH: f64 = 1000.0;

/// A step that is done in no time is seen all the same.
const LEAST: f64 = 4.0;

/// Pauses between steps that are shown: waiting for the answer to a question.
const PAUSE: Duration = Duration::from_secs(1);

/// A line of the picture.
struct Bar {
    title: String,
    result: String,
    begun: Duration,
    took: Duration,
    class: &'static str,
}

pub(super) fn steps(run: &Run<'_>) -> Markup {
    let bars = bars(run);
    let end = bars.iter().map(|bar| bar.begun + bar.took).max().unwrap_or_default();
    html! {
        table.data.steps {
            thead {
                tr {
                    th { "Step" }
                    th { span.ends { span { "0 s" } span { (seconds(end)) } } }
                    th.number { "Took" }
                    th { "Result" }
                }
            }
            tbody {
                @for bar in &bars {
                    tr.failed-step[bar.class == "failed"] {
                        td { (bar.title) }
                        td.picture { (picture(bar, end)) }
                        td.number data-label="took" { (seconds(bar.took)) }
                        td.result { (bar.result) }
                    }
                }
                @for step in run.not_reached() {
                    tr.faint { td { (step.title()) } td {} td {} td { "not reached" } }
                }
            }
        }
        p.faint.legend-of-bars {
            (swatch("rehearsal")) " rehearsal  "
            (swatch("production")) " production  "
            @if bars.iter().any(|bar| bar.class == "waiting") { (swatch("waiting")) " a question  " }
            @if run.failure.is_some() { (swatch("failed")) " failed" }
        }
    }
}

fn bars(run: &Run<'_>) -> Vec<Bar> {
    let mut bars = Vec::new();
    let mut seen = Duration::ZERO;
    for step in &run.report.steps {
        let pause = step.begun.saturating_sub(seen);
        if pause >= PAUSE {
            bars.push(Bar {
                title: "a question was answered".to_owned(),
                result: String::new(),
                begun: seen,
                took: pause,
                class: "waiting",
            });
        }
        seen = step.begun + step.duration;
        let at_production = matches!(
            step.step,
            RunStep::Preflight | RunStep::Dump | RunStep::Confirm | RunStep::UpgradeProduction
        ) || step.step == RunStep::ConfirmProduction;
        bars.push(Bar {
            title: step.step.title().to_owned(),
            result: printable(&step.result),
            begun: step.begun,
            took: step.duration,
            class: match (run.is_failed(step), at_production) {
                (true, _) => "failed",
                (false, true) => "production",
                (false, false) => "rehearsal",
            },
        });
    }
    bars
}

/// A bar from the begin of something to its end, in the whole time.
fn picture(bar: &Bar, end: Duration) -> Markup {
    let scale = WIDTH / end.as_secs_f64().max(0.001);
    let width = (bar.took.as_secs_f64() * scale).clamp(LEAST, WIDTH);
    let x = (bar.begun.as_secs_f64() * scale).min(WIDTH - width);
    let said =
        format!("{}: from {} to {}", bar.title, seconds(bar.begun), seconds(bar.begun + bar.took));
    html! {
        svg viewBox={ "0 0 " (WIDTH) " 16" } preserveAspectRatio="none" role="img" {
            title { (said) }
            line.axis x1="0" y1="15.5" x2=(WIDTH) y2="15.5" {}
            rect class=(bar.class) x=(format!("{x:.1}")) y="2" width=(format!("{width:.1}"))
                height="12" {}
        }
    }
}

fn swatch(class: &str) -> Markup {
    html! {
        svg.swatch viewBox="0 0 16 16" aria-hidden="true" {
            rect class=(class) width="16" height="16" {}
        }
    }
}
