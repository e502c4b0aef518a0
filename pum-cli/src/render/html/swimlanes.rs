//! Who holds what, and when: a lane for each, with a bar for each time.

use std::time::Duration;

use maud::{Markup, html};

use super::breakable;
use super::time_axis::TimeAxis;

/// A table, or whatever else has a lane.
pub(crate) struct Lane {
    pub(crate) name: String,
    /// What stands behind the bars: `AccessExclusive, 0.11 s`.
    pub(crate) note: String,
    /// Whether a limit is exceeded in it.
    pub(crate) over: bool,
    pub(crate) bars: Vec<Bar>,
}

/// A time in a lane.
pub(crate) struct Bar {
    pub(crate) from: Duration,
    pub(crate) took: Duration,
    /// How it is coloured.
    pub(crate) class: &'static str,
    /// What is said of it, in lines.
    pub(crate) told: String,
    /// Where there is more about it on the page.
    pub(crate) link: String,
}

/// A colour of the picture, and what it means.
pub(crate) struct Meaning {
    pub(crate) class: &'static str,
    pub(crate) text: String,
}

/// The lanes under one axis of time. `what`: the heading of the names.
pub(crate) fn swimlanes(what: &str, lanes: &[Lane], meanings: &[Meaning]) -> Markup {
    let bars = || lanes.iter().flat_map(|lane| &lane.bars);
    let end = bars().map(|bar| bar.from + bar.took).max().unwrap_or_default();
    let axis = TimeAxis::new(end);
    html! {
        (legend(meanings))
        table.data.lanes {
            thead {
                tr {
                    th { (what) }
                    th { span.unseen { "Time" } (axis.labels()) }
                    th { "Longest" }
                }
            }
            tbody { @for lane in lanes { (row(lane, axis)) } }
        }
    }
}

pub(crate) fn legend(meanings: &[Meaning]) -> Markup {
    html! {
        ul.legend-list {
            @for one in meanings { li { (swatch(one.class)) " " (one.text) } }
        }
    }
}

pub(crate) fn swatch(class: &str) -> Markup {
    html! {
        svg.swatch viewBox="0 0 16 16" aria-hidden="true" {
            rect class=(class) width="16" height="16" rx="3" {}
        }
    }
}

fn row(lane: &Lane, axis: TimeAxis) -> Markup {
    html! {
        tr {
            td.name { code { (breakable(&lane.name)) } }
            td.picture {
                svg width="100%" height="24" role="group" aria-label=(lane.name) {
                    (axis.lines())
                    @for bar in &lane.bars { (picture(bar, axis)) }
                }
            }
            td.word.bad[lane.over] { (lane.note) }
        }
    }
}

fn picture(bar: &Bar, axis: TimeAxis) -> Markup {
    let (from, to) = (axis.percent(bar.from), axis.percent(bar.from + bar.took));
    let place = |at: f64| format!("{at:.2}%");
    // What is too narrow to be pointed at has more room around it.
    let room = (3.0 - (to - from)).max(0.0);
    let left = (from - room / 2.0).max(0.0);
    let one_line = bar.told.replace('\n', ", ");
    html! {
        a.tip href=(bar.link) aria-label=(one_line) {
            title { (bar.told) }
            rect.room x=(place(left)) y="0" width=(place((to - from).max(3.0))) height="24" {}
            rect class=(bar.class) x=(place(from)) y="4" width=(place(to - from)) height="16" rx="2" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_where_its_time_is() {
        let bar = |from, took| Bar {
            from: Duration::from_secs(from),
            took: Duration::from_secs(took),
            class: "blocks-reads",
            told: "a <b>\nALTER TABLE \"x\"".to_owned(),
            link: "#lock-0".to_owned(),
        };
        let lane =
            |bars| Lane { name: "app.\"<t>\"".to_owned(), note: String::new(), over: false, bars };
        let page = swimlanes("Table", &[lane(vec![bar(0, 2), bar(6, 2)])], &[]).into_string();
        assert!(page.contains("x=\"75.00%\" y=\"4\" width=\"25.00%\""), "{page}");
        assert!(page.contains("<title>a &lt;b&gt;\nALTER TABLE &quot;x&quot;</title>"), "{page}");
        assert!(page.contains("app.&quot;&lt;t&gt;&quot;"), "{page}");
        // Nothing at all is a picture too.
        assert!(swimlanes("Table", &[], &[]).into_string().contains("<tbody></tbody>"));
    }
}
