//! What the programs have in common: `PROGRAM CONNINFO DIRECTORY`.

use std::path::PathBuf;

/// The connection string, and the SQL of `delta_1.N.0.sql`, in order.
pub fn arguments() -> (String, Vec<(i64, String)>) {
    let mut arguments = std::env::args().skip(1);
    let (Some(database), Some(directory)) = (arguments.next(), arguments.next()) else {
        panic!("PROGRAM CONNINFO DIRECTORY");
    };
    let directory = PathBuf::from(directory);
    let mut deltas = Vec::new();
    for number in 0.. {
        let Ok(sql) = std::fs::read_to_string(directory.join(format!("delta_1.{number}.0.sql")))
        else {
            break;
        };
        deltas.push((number + 1, sql));
    }
    (database, deltas)
}
