/// A command that decides what of a script is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::delta) enum Conditional {
    If,
    Elif,
    Else,
    EndIf,
}

/// Where in an `\if … \endif` the script is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// The script is run.
    Taken,
    /// No branch was true so far.
    Waiting,
    /// A branch was true before, or all around is not run.
    Done,
}

struct Level<S> {
    branch: Branch,
    after_else: bool,
    /// How things stood where the branch began.
    saved: S,
}

/// The `\if`s that are open, each with the state in which its branch began.
pub(in crate::delta) struct Conditionals<S>(Vec<Level<S>>);

impl<S> Default for Conditionals<S> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<S: Clone> Conditionals<S> {
    /// Whether what comes next is run.
    pub(in crate::delta) fn active(&self) -> bool {
        self.0.last().is_none_or(|level| level.branch == Branch::Taken)
    }

    /// Whether an `\if` has not found its `\endif`.
    pub(in crate::delta) fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether the expression of this command decides anything; if not, psql does not look at it.
    pub(in crate::delta) fn evaluates(&self, conditional: Conditional) -> bool {
        match conditional {
            Conditional::If => self.active(),
            Conditional::Elif => self.0.last().is_some_and(|level| level.branch == Branch::Waiting),
            Conditional::Else | Conditional::EndIf => false,
        }
    }

    /// Goes on to the next branch. `current` is how things stand now; it is set back to where the
    /// branch began if that was not run.
    pub(in crate::delta) fn step(
        &mut self,
        conditional: Conditional,
        value: bool,
        current: &mut S,
    ) -> Result<(), String> {
        let active = self.active();
        if conditional == Conditional::If {
            let branch = match (active, value) {
                (false, _) => Branch::Done,
                (true, true) => Branch::Taken,
                (true, false) => Branch::Waiting,
            };
            self.0.push(Level { branch, after_else: false, saved: current.clone() });
            return Ok(());
        }
        let name = match conditional {
            Conditional::Elif => "\\elif",
            Conditional::Else => "\\else",
            _ => "\\endif",
        };
        let level = self.0.last_mut().ok_or_else(|| format!("{name} without an \\if before it"))?;
        if conditional != Conditional::EndIf && level.after_else {
            return Err(format!("{name} after \\else"));
        }
        if active {
            level.saved = current.clone();
        } else {
            *current = level.saved.clone();
        }
        level.after_else = conditional == Conditional::Else;
        level.branch = match level.branch {
            Branch::Waiting if value || conditional == Conditional::Else => Branch::Taken,
            Branch::Waiting => Branch::Waiting,
            Branch::Taken | Branch::Done => Branch::Done,
        };
        if conditional == Conditional::EndIf {
            self.0.pop();
        }
        Ok(())
    }

    /// Walks through all branches alike: each begins where the first one began.
    pub(in crate::delta) fn survey(&mut self, conditional: Conditional, current: &mut S) {
        match conditional {
            Conditional::If => {
                let saved = current.clone();
                self.0.push(Level { branch: Branch::Taken, after_else: false, saved });
            }
            Conditional::Elif | Conditional::Else => {
                if let Some(level) = self.0.last() {
                    *current = level.saved.clone();
                }
            }
            Conditional::EndIf => drop(self.0.pop()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Conditional::{Elif, Else, EndIf, If};

    #[test]
    fn one_branch_is_taken() {
        let mut all = Conditionals::default();
        let mut state = 0;
        let mut seen = Vec::new();
        for (conditional, value) in
            [(If, false), (Elif, true), (If, false), (Else, false), (EndIf, false), (Elif, true)]
        {
            all.step(conditional, value, &mut state).unwrap();
            seen.push(all.active());
            state += 1;
        }
        assert_eq!(seen, [false, true, false, true, true, false]);
        state = 99;
        all.step(Else, false, &mut state).unwrap();
        assert!(!all.active());
        assert_eq!(state, 3, "as it was where the branch that was not run began");
        assert!(all.step(Else, false, &mut state).unwrap_err().contains("after \\else"));
        all.step(EndIf, false, &mut state).unwrap();
        assert!(all.active() && !all.is_open());
        assert!(all.step(EndIf, false, &mut state).unwrap_err().contains("without"));
    }

    #[test]
    fn nothing_inside_of_what_is_not_run_is_evaluated() {
        let mut all = Conditionals::default();
        all.step(If, false, &mut ()).unwrap();
        assert!(!all.evaluates(If) && all.evaluates(Elif));
        all.step(If, true, &mut ()).unwrap();
        assert!(!all.active());
        all.step(Else, true, &mut ()).unwrap();
        assert!(!all.active());
    }
}
