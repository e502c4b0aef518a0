//! No password in any shape of a connection is shown.

use pum_tests::command::Home;

#[path = "../../../fuzz/shapes.rs"]
mod shapes;

use shapes::{PIECE, SHAPES, check, password};

const PUM: &str = env!("CARGO_BIN_EXE_pum-under-test");

/// What means something to libpq, to a URI, to a shell or to a parser of ours.
const CHARACTERS: [char; 34] = [
    '?', '/', '@', ':', '#', '&', '=', '%', ' ', '\'', '"', '\\', ';', ',', '+', '[', ']', '(',
    ')', '<', '>', '|', '$', '`', '~', '!', '*', '\t', '\n', '\r', '-', '.', 'ä', '\u{feff}',
];

/// Up to two such characters in all ways, and longer rows of them as a generator deals them.
#[test]
fn no_password_in_any_shape_is_shown() {
    for shape in SHAPES {
        check(shape, &password(""));
        for first in CHARACTERS {
            check(shape, &password(&first.to_string()));
            for second in CHARACTERS {
                check(shape, &password(&format!("{first}{second}")));
            }
        }
    }
    let mut state = 42_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..10_000 {
        let shape = SHAPES[next(SHAPES.len())];
        let length = 3 + next(6);
        let characters: String = (0..length).map(|_| CHARACTERS[next(CHARACTERS.len())]).collect();
        check(shape, &password(&characters));
    }
}

/// The command as a whole: as an argument that is a connection, and as one that is in the wrong
/// place.
#[test]
fn no_command_shows_a_password() {
    let home = Home::new();
    home.file("deltas/delta_1.0.0.sql", "SELECT 1;");
    for shape in SHAPES {
        let text = shape.replace("{}", &password("?/"));
        let text = text.replace("@h", "@127.0.0.1:1").replace("host=h", "host=127.0.0.1 port=1");
        let option = format!("--pg-service={text}");
        for arguments in [
            &["check", &text, "new"][..],
            &["check", "a", "b", &text],
            &["info", &option, "-t", "t", "-d", "deltas"],
            &["test-and-upgrade", "-pp", &text, "-t", "t", "-d", "deltas", "--yes"],
            &["doctor", &text],
            &[&text],
            &["dump", "-p", &text, "file", "--formats", &text],
        ] {
            let outcome = home.run(PUM, arguments);
            assert_ne!(outcome.code, Some(0), "{arguments:?}");
            let said = format!("{}{}", outcome.stdout, outcome.stderr);
            assert!(!said.contains(PIECE) && !said.is_empty(), "{arguments:?}:\n{said}");
        }
    }
}
