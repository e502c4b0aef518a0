use super::script_state::ScriptState;
use crate::delta::Reader;

/// The subject of a statement of maintenance: the object that it names, if it was there before, or
/// all tables.
pub(super) fn subject(mut rest: Reader<'_, '_>, kind: &str, state: &ScriptState) -> Option<String> {
    match rest.name() {
        Some(name) if name.is_in(&state.tables) => None,
        Some(name) => Some(format!("{kind} {name}")),
        None => Some("all tables".to_owned()),
    }
}

/// Goes behind options, which may stand in parentheses.
pub(super) fn read_options(rest: &mut Reader<'_, '_>) -> Vec<String> {
    let inside = rest.is(&["("]);
    let goes_on = |rest: &Reader<'_, '_>| {
        let word = rest.is_any(&["full", "freeze", "verbose", "analyze", "analyse"]);
        rest.tokens()
            .first()
            .is_some_and(|token| if inside { token.depth > 0 || token.key == "(" } else { word })
    };
    let mut words = Vec::new();
    while goes_on(rest) {
        words.extend(rest.tokens().first().map(|token| token.key.clone()));
        rest.skip(1);
    }
    if inside {
        rest.skip(1);
    }
    words
}
