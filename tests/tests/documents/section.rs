//! The sessions under one heading of a document, played command by command.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use pum_tests::documentation::{Block, Command, blocks_in};

use super::NOT_RUN;
use super::matching::first_wrong;
use super::world::{Running, World};

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
        let here = NOT_RUN.iter().filter(|(other, ..)| Path::new(other) == file);
        !here.into_iter().any(|(_, begin, _)| command.typed.starts_with(begin))
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
        assert!(section.wrong == 0, "{} commands did not do what is shown", section.wrong);
        if let Some(left) = section.commands.front() {
            panic!("{}:{}: was not run: {}", section.file.display(), left.line, left.typed);
        }
    }

    /// Runs the next command, which ends with this exit code.
    pub(crate) fn run(&mut self, world: &World, code: i32) {
        let command = self.next();
        let ended = world.run(&command.typed);
        self.compare(&command, ended, code);
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
        self.compare(&command, running.end(), code);
    }

    fn next(&mut self) -> Command {
        self.commands.pop_front().expect("there is one more command under this heading")
    }

    /// Says what is wrong at once: what comes later may only be its consequence.
    fn compare(&mut self, command: &Command, ended: (Option<i32>, String), code: i32) {
        let (ended, came_out) = ended;
        let place = format!("{}:{}: $ {}", self.file.display(), command.line, command.typed);
        if ended != Some(code) {
            eprintln!("{place}\nended with {ended:?}, not {code}\n{came_out}");
            self.wrong += 1;
            return;
        }
        let Some(at) = first_wrong(&command.shown, &came_out) else { return };
        let line = command.line + command.typed.lines().count() + at;
        let shown = command.shown.get(at).map_or("(the end)", |line| line);
        eprintln!(
            "{place}\ndid not say what is shown: line {line} is\n{shown}\n\nall that is shown:\n{}\n\n\
             what came out:\n{came_out}",
            command.shown.join("\n")
        );
        self.wrong += 1;
    }
}
