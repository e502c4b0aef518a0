//! The shapes in which people write a password into a connection, and what may become of each.
//! Shared by the fuzz target `redact` and by the test of the connections.

use pum_core::connect::{Environment, Settings, redact};
use pum_core::source::Source;

/// `{}` stands for the password. Each is a shape that somebody wrote: as libpq takes it, as another
/// program takes it, or with a mistake.
pub const SHAPES: [&str; 41] = [
    "postgresql://ann:{}@h/db",
    "postgres://ann:{}@h:5432/db?sslmode=require",
    "postgresql://ann:{}@h,g:1/db",
    "postgresql://:{}@h/db",
    "postgresql://ann:{}@/db",
    "postgresql://ann:{}",
    "postgresql://ann:{}/db",
    "postgresql://ann:{}@[::1]:5432/db",
    "postgresql://h/db?user=ann&password={}",
    "postgresql://h/db?password={}&user=ann",
    "postgresql://h/db?p%61ssword={}",
    "postgresql://h/db?sslpassword={}",
    "postgresql://h/db?passwort={}",
    "postgresql://h/db?Password={}",
    "postgresql://h/db?password {}",
    "postgresql+psycopg2://ann:{}@h/db",
    "jdbc:postgresql://h/db?user=ann&password={}",
    "Postgres://ann:{}@h/db",
    "POSTGRESQL://ann:{}@h/db",
    " postgresql://ann:{}@h/db",
    "\"postgresql://ann:{}@h/db?sslmode=require\"",
    "'postgresql://ann:{}@h/db'",
    "<postgresql://ann:{}@h/db>",
    "postgresql:ann:{}@h/db",
    "postgresql:/ann:{}@h/db",
    "//ann:{}@h/db",
    "ann:{}@h/db",
    "ann:{}@h/db?sslmode=require",
    "host=h user=ann password={}",
    "host=h user=ann password = '{}' dbname=d",
    "password={} host=h user=ann",
    "host=h;user=ann;password={}",
    "Host=h;Username=ann;Password={}",
    "Server=h;User Id=ann;Password={};",
    "host=h;dbname=d password={}",
    "host=h Password={}",
    "host=h passwd={}",
    "dbname=postgresql://ann:{}@h/db user=ann",
    "dbname='host=h password={}' user=ann",
    "host: h, password: {}",
    "user=ann password:{}",
];

/// What is in every password, between characters that mean something somewhere.
pub const PIECE: &str = "hush";

/// A password with these characters between its pieces.
pub fn password(characters: &str) -> String {
    characters.chars().fold(PIECE.to_owned(), |text, c| format!("{text}{c}{PIECE}"))
}

/// Fails if any part of the password is shown in what the library says of such a connection.
pub fn check(shape: &str, password: &str) {
    // The host that such a URI lacks is in the password then: nothing tells one from the other.
    if shape.starts_with("postgresql://ann:") && !shape.contains('@') && password.contains('@') {
        return;
    }
    let text = shape.replace("{}", password);
    let redacted = redact(&text);
    assert!(!redacted.contains(PIECE), "{shape}: {text:?} is shown as {redacted:?}");
    let environment = Environment { user: Some("me".to_owned()), ..Environment::default() };
    let said = match Settings::resolve(&text, &environment) {
        Ok(settings) => format!("{settings} {settings:?} {}", settings.label()),
        Err(err) => format!("{err} {err:?}"),
    };
    assert!(!said.contains(PIECE), "{text:?}: {said}");
    let said = match Source::recognise(&text, &environment) {
        Ok(source) => format!("{source:?}"),
        Err(err) => format!("{err} {err:?}"),
    };
    assert!(!said.contains(PIECE), "{text:?}: {said}");
}
