//! Runs steps, each by itself, in few round trips.

use std::collections::BTreeMap;

use postgres::SimpleQueryMessage;

use crate::connect::Session;
use crate::sql::quote_literal;

/// Settings under which the statements of a model mean what they say.
const SETTINGS: &str = "SET search_path = '';
    SET check_function_bodies = off;
    SET client_min_messages = error;
    SET standard_conforming_strings = on;
    SET transform_null_equals = off;
    SET xmloption = content;
    SET datestyle = 'ISO, YMD';
    SET intervalstyle = 'postgres';
    SET timezone = 'UTC';
    SET lock_timeout = 0;
    SET statement_timeout = 0;
    CREATE TEMPORARY TABLE pum_steps (number int PRIMARY KEY, sql text, failure text);";

/// Runs steps in order. Gives the messages of those that failed.
pub(super) fn run(
    session: &mut Session,
    steps: &[(usize, &str)],
) -> Result<BTreeMap<usize, String>, postgres::Error> {
    let mut sql = SETTINGS.to_owned();
    for some in steps.chunks(500) {
        let rows: Vec<String> = some
            .iter()
            .map(|(number, sql)| format!("({number}, {})", quote_literal(sql)))
            .collect();
        sql += &format!("INSERT INTO pg_temp.pum_steps (number, sql) VALUES {};", rows.join(","));
    }
    session.client().batch_execute(&sql)?;
    session.client().batch_execute(&each(""))?;
    let mut found = failures(session)?;
    // What was there too late for a step may be there now.
    while !found.is_empty() {
        session.client().batch_execute(&each("CONTINUE WHEN step.failure IS NULL;"))?;
        let left = failures(session)?;
        if left.len() == found.len() {
            break;
        }
        found = left;
    }
    session.client().batch_execute("DROP TABLE pg_temp.pum_steps")?;
    Ok(found)
}

/// Runs each step by itself, and now and then gives back the locks.
fn each(unless: &str) -> String {
    const STEPS: usize = 10;
    format!(
        "DO $$
DECLARE
    step record;
BEGIN
    FOR step_number IN 0..(SELECT max(number) FROM pg_temp.pum_steps) LOOP
        SELECT sql, failure INTO step FROM pg_temp.pum_steps WHERE number = step_number;
        CONTINUE WHEN step.sql IS NULL;
        {unless}
        BEGIN
            EXECUTE step.sql;
            IF step.failure IS NOT NULL THEN
                UPDATE pg_temp.pum_steps SET failure = NULL WHERE number = step_number;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            UPDATE pg_temp.pum_steps SET failure = SQLERRM WHERE number = step_number;
        END;
        IF step_number % {STEPS} = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END $$"
    )
}

fn failures(session: &mut Session) -> Result<BTreeMap<usize, String>, postgres::Error> {
    let query = "SELECT number, failure FROM pg_temp.pum_steps WHERE failure IS NOT NULL";
    let messages = session.client().simple_query(query)?;
    let one = |message: SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => Some((row.get(0)?.parse().ok()?, row.get(1)?.to_owned())),
        _ => None,
    };
    Ok(messages.into_iter().filter_map(one).collect())
}
