//! The question before production is upgraded, with all that is known for the answer.

use std::path::{Path, PathBuf};

use pum_core::manager::{Approver, Config, Question, RunReport};
use pum_core::progress::{Event, EventSink, Observer};

use super::run_reports;
use crate::args::ReportFile;
use crate::browser::Browser;
use crate::console::{self, Choice, Console};
use crate::limits::Limit;
use crate::render::run::decision::Decision;
use crate::render::run::{Run, text};

const UPGRADE: Choice = Choice { answer: "yes", label: "upgrade" };
const DETAILS: Choice = Choice { answer: "details", label: "details" };
const SQL: Choice = Choice { answer: "sql", label: "show SQL" };
const OPEN: Choice = Choice { answer: "open", label: "open the report" };
const STOP: Choice = Choice { answer: "no", label: "stop" };

/// The console, with what it takes to show a run that is not at its end.
pub(crate) struct Desk<'a> {
    pub(crate) console: &'a mut Console,
    pub(crate) config: &'a Config,
    pub(crate) limits: &'a [Limit],
    pub(crate) reports: &'a [ReportFile],
    pub(crate) browser: Browser,
}

impl Observer for Desk<'_> {
    fn notify(&mut self, event: Event<'_>) {
        self.console.notify(event);
    }

    fn sink(&self) -> Option<EventSink> {
        self.console.sink()
    }
}

impl Approver for Desk<'_> {
    fn approve(&mut self, question: &Question, report: &RunReport) -> bool {
        let Question::UpgradeProduction { .. } = question else {
            return self.console.ask(&question.to_string());
        };
        let limits = self.limits.to_vec();
        let run = Run::so_far(self.config, report, limits).with_reports(self.reports);
        let written = run_reports::write(&run, self.config, self.reports);
        if let Some(answer) = self.console.known_answer(&question.to_string(), true) {
            return answer;
        }
        if let Some(found) = Decision::new(&run) {
            self.console.show(&found.text(&run, crate::console::width()));
        }
        self.decide(question, &run, page(&written))
    }
}

impl Desk<'_> {
    fn decide(&mut self, question: &Question, run: &Run<'_>, page: Option<&Path>) -> bool {
        let mut choices = vec![UPGRADE, DETAILS, SQL];
        choices.extend(page.map(|_| OPEN));
        choices.push(STOP);
        let text = question.to_string();
        let mut question = console::Question { text: &text, choices: &choices, is_repeated: false };
        loop {
            let Some(answer) = self.console.choose(&question) else { return false };
            // The question is still on the screen, or what was asked for pushed it out.
            question.is_repeated = true;
            match (answer, page) {
                (answer, _) if answer == UPGRADE.answer => return true,
                (answer, _) if answer == STOP.answer => return false,
                (answer, _) if answer == DETAILS.answer => {
                    self.console.show(&text::all_details(run));
                }
                (answer, _) if answer == SQL.answer => self.console.show(&text::sql(run)),
                (_, Some(page)) => {
                    if let Err(why) = self.browser.open(page) {
                        self.console.show(&why);
                    }
                }
                _ => {}
            }
        }
    }
}

fn page(written: &[PathBuf]) -> Option<&Path> {
    written
        .iter()
        .map(PathBuf::as_path)
        .find(|path| path.extension().is_some_and(|it| it == "html"))
}
