//! The sessions under one heading of a document, played command by command.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use pum_tests::documentation::{Block, Command, blocks_in};

use super::NOT_RUN;
use super::matching::first_wrong;
use super::world::{Ended, Running, World};

/// What is typed under a heading, in the order of the document.
pub(crate) struct Section {
    file: PathBuf,
    commands: VecDeque<Command>,
    wrong: usize,
}

/// The headings of a document under which something is to be run, each once.
pub(crate) fn headings(file: &Path) -> Vec<String> {
    let mut headings: Vec<String> = Vec::new();
    for block in blocks_in(file) {
        if !commands(file, &block).is_empty() && !headings.contains(&block.heading) {
            headings.push(block.heading);
        }
    }
    headings
}

/// The commands of a block, without those that cannot be run here.
fn commands(file: &Path, block: &Block) -> Vec<Command> {
    let mut commands = block.commands();
    commands.retain(|command| {
        let mut here = NOT_RUN.iter().filter(|(other, ..)| Path::new(other) == file);
        !here.any(|(_, begin, _)| command.typed.starts_with(begin))
    });
    commands
}

impl Section {
    /// Plays a section with a function that prepares what it needs and runs its commands, and fails
    /// the test unless all of them came out as shown.
    pub(crate) fn play(file: &str, heading: &str, play: impl FnOnce(&mut Self)) {
        let file = PathBuf::from(file);
        let blocks = blocks_in(&file).into_iter().filter(|block| block.heading == heading);
        let commands: VecDeque<Command> =
            blocks.flat_map(|block| commands(&file, &block)).collect();
        assert!(!commands.is_empty(), "{}: nothing is typed under {heading:?}", file.display());
        let mut section = Self { file, commands, wrong: 0 };
        play(&mut section);
        assert!(section.wrong == 0, "commands that did not do what is shown: {}", section.wrong);
        if let Some(left) = section.commands.front() {
            panic!("{}:{}: was not run: {}", section.file.display(), left.line, left.typed);
        }
    }

    /// Runs the next command, which ends with this exit code.
    pub(crate) fn run(&mut self, world: &World, code: i32) {
        let command = self.next();
        let ended = world.run(&command.typed);
        self.compare(&command, &ended, code);
    }

    /// Runs the next command; `meanwhile` something happens.
    pub(crate) fn run_while(
        &mut self,
        world: &World,
        code: i32,
        meanwhile: impl FnOnce(&mut Running),
    ) {
        let command = self.next();
        let mut running = world.start_asking(&command.typed);
        meanwhile(&mut running);
        self.compare(&command, &running.end(), code);
    }

    fn next(&mut self) -> Command {
        self.commands.pop_front().expect("there is one more command under this heading")
    }

    /// Says what is wrong at once, and goes on: what comes later may be wrong for another reason.
    fn compare(&mut self, command: &Command, ended: &Ended, code: i32) {
        if let Some(mistake) = mistake(command, ended, code) {
            eprintln!("{}:{mistake}\n", self.file.display());
            self.wrong += 1;
        }
    }
}

/// What came out otherwise than shown, beginning with the line in the document.
fn mistake(command: &Command, ended: &Ended, code: i32) -> Option<String> {
    let Command { line, typed, shown } = command;
    let Ended { code: ended, screen } = ended;
    if *ended != Some(code) {
        return Some(format!("{line}: $ {typed}\nended with {ended:?}, not {code}\n{screen}"));
    }
    let at = first_wrong(shown, screen)?;
    let wrong = line + typed.lines().count() + at;
    let what = match shown.get(at) {
        Some(line) => format!("did not come out: {line}"),
        None => "more came out than is shown".to_owned(),
    };
    Some(format!(
        "{wrong}: {what}\n--- shown for {typed}\n{}\n--- what came out\n{screen}",
        shown.join("\n")
    ))
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let shown = ["one", "…", "three"].map(str::to_owned).to_vec();
    let command = Command { line: 10, typed: "pum a \\\n b".to_owned(), shown };
    let ended = |code, screen: &str| Ended { code: Some(code), screen: screen.to_owned() };
    assert_eq!(mistake(&command, &ended(1, "one\ntwo\nthree\n"), 1), None);
    let told = mistake(&command, &ended(1, "one\nfour\n"), 1).unwrap();
    assert!(told.starts_with("14: did not come out: three\n--- shown for pum a"), "{told}");
    assert!(told.ends_with("one\n…\nthree\n--- what came out\none\nfour\n"), "{told}");
    let told = mistake(&command, &ended(1, "one\nthree\nfour\n"), 1).unwrap();
    assert!(told.starts_with("15: more came out than is shown\n"), "{told}");
    let told = mistake(&command, &ended(2, "one\nthree\n"), 1).unwrap();
    assert!(
        told.starts_with("10: $ pum a") && told.contains("ended with Some(2), not 1"),
        "{told}"
    );
}
