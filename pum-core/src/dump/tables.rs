//! The progress of `pg_dump` or `pg_restore`, from their output with `--verbose`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::server_progress::ServerProgress;
use crate::connect::Settings;
use crate::process::{Listener, is_progress};
use crate::progress::{Event, Observer, Progress};

/// Hears the messages of a program and tells how far it is.
pub(super) struct Tracker<'a> {
    observer: &'a mut dyn Observer,
    action: &'static str,
    sizes: BTreeMap<String, u64>,
    all_tables: usize,
    all_bytes: Option<u64>,
    /// Begun and not known to be done.
    begun: Vec<String>,
    parallel: bool,
    tables: usize,
    bytes: u64,
    written: Option<PathBuf>,
    /// Tells of what the program does not.
    server: Option<ServerProgress>,
    /// What is done of the tables that are begun.
    copied: u64,
    /// Hears every line too, such as one who looks for errors.
    also: Option<&'a mut dyn Listener>,
}

/// The progress of a table in a message.
#[derive(Debug, PartialEq, Eq)]
enum TableStep<'a> {
    Begun(&'a str),
    /// The table without its schema.
    Finished(&'a str),
}

impl<'a> Tracker<'a> {
    /// One that knows how large which tables are; `tables` is for those of unknown size.
    pub(super) fn new(
        observer: &'a mut dyn Observer,
        action: &'static str,
        sizes: BTreeMap<String, u64>,
        tables: usize,
    ) -> Self {
        let known = !sizes.is_empty();
        Self {
            observer,
            action,
            all_tables: if known { sizes.len() } else { tables },
            all_bytes: known.then(|| sizes.values().sum()),
            sizes,
            begun: Vec::new(),
            parallel: false,
            tables: 0,
            bytes: 0,
            written: None,
            server: None,
            copied: 0,
            also: None,
        }
    }

    /// For a program with several workers, which says when it is done with a table.
    pub(super) fn parallel(mut self, parallel: bool) -> Self {
        self.parallel = parallel;
        self
    }

    /// Tells the size of this file, or of all files in this directory, too.
    pub(super) fn writing(mut self, path: &Path) -> Self {
        self.written = Some(path.to_owned());
        self
    }

    /// Asks the server of this database how far it is, while the program says nothing.
    pub(super) fn asking(mut self, database: &Settings) -> Self {
        self.server = Some(ServerProgress::new(database.clone()));
        self
    }

    pub(super) fn and_to(mut self, listener: &'a mut dyn Listener) -> Self {
        self.also = Some(listener);
        self
    }

    /// The program finished.
    pub(super) fn all_begun_are_done(&mut self) {
        for table in std::mem::take(&mut self.begun) {
            self.done(&table);
        }
    }

    /// A table that the program has nothing to do with is begun, or done.
    pub(super) fn large_table(&mut self, table: &str, done: bool) {
        if done {
            self.begun.retain(|begun| begun != table);
            self.done(table);
        } else {
            self.begun.push(table.to_owned());
        }
        self.tell();
    }

    fn tell(&mut self) {
        let written = self.written.as_deref().map(size_of);
        self.observer.notify(Event::Progress(Progress {
            action: self.action,
            tables: self.tables,
            all_tables: self.all_tables.max(self.tables),
            bytes: self.bytes + self.copied,
            all_bytes: self.all_bytes,
            written,
            table: self.begun.last().map_or("", String::as_str),
        }));
    }

    fn done(&mut self, table: &str) {
        self.copied = 0;
        self.tables += 1;
        self.bytes += self.sizes.get(table).copied().unwrap_or_default();
    }
}

impl Listener for Tracker<'_> {
    fn line(&mut self, line: &str) {
        self.observer.notify(Event::Output { line });
        if let Some(also) = &mut self.also {
            also.line(line);
        }
        match step(line) {
            // A script is told of twice: its table is read from the server and written.
            Some(TableStep::Begun(table))
                if self.begun.last().is_some_and(|last| last == table) => {}
            Some(TableStep::Begun(table)) => {
                if !self.parallel {
                    for table in std::mem::take(&mut self.begun) {
                        self.done(&table);
                    }
                }
                self.begun.push(table.to_owned());
                self.tell();
            }
            Some(TableStep::Finished(name)) => {
                let same = |table: &String| {
                    table.strip_suffix(name).is_some_and(|schema| schema.ends_with('.'))
                };
                let found = self.begun.iter().position(same);
                let table = found.map_or_else(String::new, |at| self.begun.remove(at));
                self.done(&table);
                self.tell();
            }
            None => {}
        }
    }

    fn tick(&mut self) {
        let work = self.server.as_mut().and_then(ServerProgress::ask).unwrap_or_default();
        // What COPY counts is not what the table takes on the server.
        let most = self.begun.iter().filter_map(|table| self.sizes.get(table)).sum();
        self.copied = work.copied.min(most);
        if let Some((phase, done, all)) = work.index {
            self.observer.notify(Event::IndexBuild { phase: &phase, done, all });
        } else if !self.begun.is_empty() {
            self.tell();
        }
    }
}

fn step(line: &str) -> Option<TableStep<'_>> {
    if !is_progress(line) {
        return None;
    }
    let (_, message) = line.split_once(": ")?;
    let begun = message
        .strip_prefix("dumping contents of table \"")
        .or_else(|| message.strip_prefix("processing data for table \""));
    if let Some(table) = begun {
        return Some(TableStep::Begun(table.strip_suffix('"')?));
    }
    let (_, rest) = message.strip_prefix("finished item ")?.split_once(' ')?;
    Some(TableStep::Finished(rest.strip_prefix("TABLE DATA ")?))
}

/// The size of a file, or of the files in a directory; what cannot be seen is none.
pub(super) fn size_of(path: &Path) -> u64 {
    let Ok(data) = path.metadata() else { return 0 };
    if !data.is_dir() {
        return data.len();
    }
    let entries = path.read_dir().into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|data| data.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_tables() {
        for (line, expected) in [
            ("pg_dump: dumping contents of table \"s.a b\"", Some(TableStep::Begun("s.a b"))),
            ("pg_restore: processing data for table \"s.t\"", Some(TableStep::Begun("s.t"))),
            ("pg_dump: finished item 3410 TABLE DATA t", Some(TableStep::Finished("t"))),
            ("pg_dump: finished item 3411 SEQUENCE SET s", None),
            ("pg_dump: error: dumping contents of table \"x\" failed", None),
            ("anything else", None),
        ] {
            assert_eq!(step(line), expected, "{line}");
        }
    }

    #[test]
    fn bytes_and_tables_are_counted() {
        struct Last(Option<(usize, u64)>);
        impl Observer for Last {
            fn notify(&mut self, event: Event<'_>) {
                if let Event::Progress(progress) = event {
                    self.0 = Some((progress.tables, progress.bytes));
                }
            }
        }
        let sizes = BTreeMap::from([("s.a".to_owned(), 10), ("s.b".to_owned(), 20)]);
        let mut last = Last(None);
        let mut tracker = Tracker::new(&mut last, "dump", sizes.clone(), 0);
        tracker.line("pg_dump: dumping contents of table \"s.a\"");
        tracker.line("pg_dump: dumping contents of table \"s.b\"");
        tracker.line("pg_dump: processing data for table \"s.b\"");
        assert_eq!(last.0, Some((1, 10)));
        let mut tracker = Tracker::new(&mut last, "dump", sizes, 0).parallel(true);
        tracker.line("pg_dump: dumping contents of table \"s.a\"");
        tracker.line("pg_dump: dumping contents of table \"s.b\"");
        tracker.line("pg_dump: finished item 7 TABLE DATA b");
        assert_eq!(last.0, Some((1, 20)));
    }
}
