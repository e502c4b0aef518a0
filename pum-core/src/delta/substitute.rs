//! Variables that are substituted in a script's text before it is split, and detection of their
//! syntax.

use super::{VariableForm, Variables};
use crate::sql::{Lexer, PieceKind, first_line, variable_at, variable_name};

/// Why a text cannot be substituted, at a byte offset.
#[derive(Debug, PartialEq)]
pub(super) enum SubstituteError {
    Missing { at: usize, form: VariableForm, name: String },
    BadPlaceholder { at: usize, message: &'static str },
}

/// Puts the values in. psql's form is no business of this function.
pub(super) fn substitute(
    text: &str,
    variables: &Variables,
    form: Option<VariableForm>,
) -> Result<Option<String>, SubstituteError> {
    match form {
        Some(VariableForm::Psql) => Ok(None),
        Some(VariableForm::Braces) => braces(text, variables).map(Some),
        Some(VariableForm::Classic) => classic(text, variables).map(Some),
        None => match first_placeholder(text) {
            Some((at, name)) => Err(missing(at, VariableForm::Classic, name)),
            None => Ok(None),
        },
    }
}

/// Whether a variable that is given occurs in the text in this form.
pub(super) fn uses(text: &str, variables: &Variables, form: VariableForm) -> bool {
    let given = |name: &str| variables.get(name).is_some();
    match form {
        VariableForm::Classic => {
            let mut places = text.match_indices('%');
            places.any(|(at, _)| placeholder(&text[at..]).is_some_and(given))
        }
        VariableForm::Braces => {
            let mut places = text.match_indices('{');
            places.any(|(at, _)| braced(&text[at..]).is_some_and(given))
        }
        VariableForm::Psql => uses_psql(text, given),
    }
}

fn missing(at: usize, form: VariableForm, name: &str) -> SubstituteError {
    SubstituteError::Missing { at, form, name: name.to_owned() }
}

fn classic(text: &str, variables: &Variables) -> Result<String, SubstituteError> {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(at) = text[done..].find('%').map(|offset| done + offset) {
        out.push_str(&text[done..at]);
        if text[at..].starts_with("%%") {
            out.push('%');
            done = at + 2;
            continue;
        }
        let message = "\"%\" must be written \"%%\" in a script that is run with variables (or be \
                       a variable: %(NAME)s)";
        let name =
            placeholder(&text[at..]).ok_or(SubstituteError::BadPlaceholder { at, message })?;
        let value = variables.get(name).ok_or_else(|| missing(at, VariableForm::Classic, name))?;
        out.push_str(&value.to_sql());
        done = at + name.len() + "%()s".len();
    }
    out.push_str(&text[done..]);
    Ok(out)
}

fn braces(text: &str, variables: &Variables) -> Result<String, SubstituteError> {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(at) = text[done..].find(['{', '}']).map(|offset| done + offset) {
        out.push_str(&text[done..at]);
        let rest = &text[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            out.push_str(&rest[..1]);
            done = at + 2;
            continue;
        }
        let message = "braces must be doubled in a script that is run with variables of the form \
                       {NAME} (or be such a variable)";
        let name = braced(rest).ok_or(SubstituteError::BadPlaceholder { at, message })?;
        let value = variables.get(name).ok_or_else(|| missing(at, VariableForm::Braces, name))?;
        out.push_str(&value.to_sql());
        done = at + name.len() + "{}".len();
    }
    out.push_str(&text[done..]);
    Ok(out)
}

/// The name at the start of the text, and what follows it.
fn name_in(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// The name in a `%(name)s` at the start of the text.
fn placeholder(text: &str) -> Option<&str> {
    let (name, rest) = name_in(text.strip_prefix("%(")?)?;
    rest.starts_with(")s").then_some(name)
}

/// The name in a `{name}` at the start of the text.
fn braced(text: &str) -> Option<&str> {
    let (name, rest) = name_in(text.strip_prefix('{')?)?;
    rest.starts_with('}').then_some(name)
}

/// The first `%(name)s` in code: in comments and literals it may mean something else.
fn first_placeholder(text: &str) -> Option<(usize, &str)> {
    let mut lexer = Lexer::new(true);
    let mut at = 0;
    while let Some(piece) = lexer.next(text, at) {
        at = piece.range.end;
        match piece.kind {
            PieceKind::Code => {
                if let Some(name) = placeholder(&text[piece.range.start..]) {
                    return Some((piece.range.start, name));
                }
            }
            PieceKind::Semicolon => drop(lexer.end_statement()),
            PieceKind::Backslash => at += first_line(&text[at..]).len(),
            _ => {}
        }
    }
    None
}

/// Whether one of the variables occurs in code or in the arguments of psql's commands.
fn uses_psql(text: &str, given: impl Fn(&str) -> bool) -> bool {
    let mut lexer = Lexer::new(true);
    let mut at = 0;
    while let Some(piece) = lexer.next(text, at) {
        at = piece.range.end;
        match piece.kind {
            PieceKind::Variable(reference)
                if given(variable_name(reference, &text[piece.range.clone()])) =>
            {
                return true;
            }
            PieceKind::Semicolon => drop(lexer.end_statement()),
            PieceKind::Backslash => {
                let line = first_line(&text[at..]);
                let mut places = line.match_indices(':').filter_map(|(colon, _)| {
                    let (reference, length) = variable_at(&line[colon..])?;
                    Some(variable_name(reference, &line[colon..colon + length]))
                });
                if places.any(&given) {
                    return true;
                }
                at += line.len();
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delta::VariableValue;

    fn variables() -> Variables {
        let mut variables = Variables::default();
        variables.set("SRID", VariableValue::Integer(2056));
        variables.set("low", VariableValue::Integer(-3));
        variables.set("factor", VariableValue::Float(2.0));
        variables.set("who", VariableValue::String("O'Hara; drop table t".to_owned()));
        variables.set("path", VariableValue::String("a\\b\nc".to_owned()));
        variables
    }

    fn in_form(text: &str, form: VariableForm) -> Result<String, SubstituteError> {
        substitute(text, &variables(), Some(form)).map(Option::unwrap)
    }

    #[test]
    fn values_become_literals() {
        let expected = "2056, 1 - -3, 2.0, 'O''Hara; drop table t',  E'a\\\\b\\nc'";
        let sql = "%(SRID)s, 1 -%(low)s, %(factor)s, %(who)s, %(path)s";
        assert_eq!(in_form(sql, VariableForm::Classic).unwrap(), expected);
        let sql = "{SRID}, 1 -{low}, {factor}, {who}, {path}";
        assert_eq!(in_form(sql, VariableForm::Braces).unwrap(), expected);
    }

    #[test]
    fn doubling_is_undone_only_with_variables() {
        assert_eq!(in_form("like 'x%%'", VariableForm::Classic).unwrap(), "like 'x%'");
        assert_eq!(in_form("'{{1,2}}', '%%'", VariableForm::Braces).unwrap(), "'{1,2}', '%%'");
        assert_eq!(substitute("like 'x%%'", &Variables::default(), None), Ok(None));
    }

    #[test]
    fn what_cannot_be_substituted_is_found() {
        use VariableForm::{Braces, Classic};
        assert_eq!(in_form("x %(other)s", Classic), Err(missing(2, Classic, "other")));
        assert_eq!(in_form("x {other}", Braces), Err(missing(2, Braces, "other")));
        for (text, form, place) in
            [("a like 'x%'", Classic, 9), ("'{1,2}'", Braces, 1), ("a }", Braces, 2)]
        {
            let err = in_form(text, form).unwrap_err();
            assert!(matches!(err, SubstituteError::BadPlaceholder { at, .. } if at == place));
        }
        let none = |text| substitute(text, &Variables::default(), None);
        assert_eq!(none("x %(other)s"), Err(missing(2, Classic, "other")));
        assert_eq!(none("-- %(other)s\nselect '%(other)s', 5 % (2)"), Ok(None));
    }

    #[test]
    fn the_form_is_found() {
        let found = |text: &str| -> Vec<VariableForm> {
            let all = VariableForm::ALL.into_iter();
            all.filter(|form| uses(text, &variables(), *form)).collect()
        };
        assert_eq!(found("select '%(SRID)s'"), [VariableForm::Classic]);
        assert_eq!(found("select :'SRID'"), [VariableForm::Psql]);
        assert_eq!(found("\\if :SRID\nselect 'it;'; \\endif"), [VariableForm::Psql]);
        assert_eq!(found("select '{SRID}'"), [VariableForm::Braces]);
        assert_eq!(found("select '{a}'::text[], ':SRID', a::int, x[1:b] -- :SRID"), []);
    }
}
