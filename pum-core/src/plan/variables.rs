//! Variables of psql in statements: those that stand for passwords, and what only looks like one.

use std::collections::BTreeSet;

use super::side::Side;
use super::step::Step;
use crate::ddl;
use crate::delta::VariableForm;
use crate::model::Identity;
use crate::sql::{Lexer, PieceKind, Reference, variable_name};

/// A variable that stands for a password in statements: `psql -v NAME=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// The object whose password it is, or the subscription whose connection string.
    pub identity: Identity,
    /// A literal that can stand in its place where the object is not used.
    pub(super) stand_in: String,
}

impl Variable {
    /// A value that can stand in its place where the object is not used.
    pub fn stand_in(&self) -> String {
        let text = self.stand_in.trim_matches('\'');
        text.replace("''", "'")
    }
}

/// The variables that the steps have.
pub(super) fn variables(steps: &[Step], right: &Side) -> Vec<Variable> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for step in steps {
        let Some(object) = right.model.get(&step.identity) else { continue };
        let all = ddl::variables(object);
        if all.is_empty() {
            continue;
        }
        let used: BTreeSet<String> =
            step.statements.iter().flat_map(|statement| names_in(statement)).collect();
        for (name, stand_in) in all {
            if used.contains(&name) && seen.insert(name.clone()) {
                found.push(Variable { name, identity: step.identity.clone(), stand_in });
            }
        }
    }
    found
}

fn names_in(sql: &str) -> Vec<String> {
    let mut names = Vec::new();
    rewritten(sql, |_, name, written| {
        names.push(name.to_owned());
        written.to_owned()
    });
    names
}

/// A statement with stand-ins for its passwords.
pub(super) fn with_stand_ins(sql: &str, variables: &[Variable]) -> String {
    rewritten(sql, |_, name, written| {
        let variable = variables.iter().find(|variable| variable.name == name);
        variable.map_or(written, |variable| &variable.stand_in).to_owned()
    })
}

/// A statement in which psql takes nothing for a variable but those: not the slice of an array, as in
/// `a[1:"USER"]`.
pub(super) fn for_psql(sql: &str, variables: &[Variable]) -> String {
    rewritten(sql, |reference, name, written| {
        let is_own = reference == Reference::Literal
            && variables.iter().any(|variable| variable.name == name);
        if is_own { written.to_owned() } else { written.replacen(':', ": ", 1) }
    })
}

/// A text in which scripts that refer to variables in this form find none.
pub(super) fn without_variables(text: &str, form: Option<VariableForm>) -> String {
    match form {
        Some(VariableForm::Classic) => text.replace('%', "%%"),
        Some(VariableForm::Braces) => text.replace('{', "{{").replace('}', "}}"),
        Some(VariableForm::Psql) | None => text.to_owned(),
    }
}

/// Statements for a delta, whose scripts refer to variables in this form.
pub(super) fn for_delta(sql: &str, variables: &[Variable], form: Option<VariableForm>) -> String {
    let form = form.filter(|form| *form != VariableForm::Psql);
    let text = without_variables(sql, form);
    if form.is_none() {
        return for_psql(&text, variables);
    }
    let own = |name: &str| variables.iter().any(|variable| variable.name == name);
    rewritten(&text, |reference, name, written| match form {
        Some(form) if reference == Reference::Literal && own(name) => form.written(name),
        _ => written.replacen(':', ": ", 1),
    })
}

/// A statement with something in the place of each of psql's variables, by its form, its name and how
/// it is written.
fn rewritten(sql: &str, mut replace: impl FnMut(Reference, &str, &str) -> String) -> String {
    if !sql.contains(':') {
        return sql.to_owned();
    }
    let mut lexer = Lexer::new(true);
    let (mut at, mut done, mut rewritten) = (0, 0, String::new());
    while let Some(piece) = lexer.next(sql, at) {
        at = piece.range.end;
        match piece.kind {
            PieceKind::Variable(reference) => {
                let written = &sql[piece.range.clone()];
                rewritten += &sql[done..piece.range.start];
                rewritten += &replace(reference, variable_name(reference, written), written);
                done = at;
            }
            PieceKind::Semicolon => drop(lexer.end_statement()),
            _ => {}
        }
    }
    rewritten + &sql[done..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn only_what_stands_for_a_password_is_a_variable() {
        let identity = Identity {
            kind: Kind::UserMapping,
            schema: String::new(),
            parent: Some("s".to_owned()),
            name: "r".to_owned(),
            arguments: None,
        };
        let stand_in = "'x'".to_owned();
        let all = [Variable { name: "pw".to_owned(), identity, stand_in }];
        let sql = "SELECT :'pw', ':''pw', $$:'pw'$$, a[1:\"USER\"], a[:b], 'x'::text, :'q';";
        assert_eq!(
            for_psql(sql, &all),
            "SELECT :'pw', ':''pw', $$:'pw'$$, a[1: \"USER\"], a[: b], 'x'::text, : 'q';"
        );
        assert_eq!(
            with_stand_ins(sql, &all),
            "SELECT 'x', ':''pw', $$:'pw'$$, a[1:\"USER\"], a[:b], 'x'::text, :'q';"
        );
    }
}
