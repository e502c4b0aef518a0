//! How far a dump or a restore is, seen at a terminal while a single table takes long.

use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::terminal::Terminal;

use crate::PUM;

#[test]
fn a_large_table_is_not_at_zero_until_it_is_done() {
    let (home, large) = (Home::new(), database());
    home.service("prod", &large);
    large.execute(
        "CREATE FUNCTION slow(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_sleep(0.001); RETURN i; END $$; \
         CREATE TABLE large AS SELECT i, md5(i::text) || md5((-i)::text) AS a, \
             repeat(md5(i::text || 'x'), 4) AS b FROM generate_series(1, 300000) i; \
         CREATE TABLE small AS SELECT i FROM generate_series(1, 2000) i; \
         CREATE INDEX by_slow ON small (public.slow(i))",
    );
    // Between nothing and all of it.
    let part = |shown: &str| {
        let percent = |part: &str| part.rsplit(' ').next().and_then(|it| it.parse::<u32>().ok());
        let parts: Vec<u32> = shown.split(" % of ").filter_map(percent).collect();
        parts.iter().any(|percent| (1..100).contains(percent))
    };
    let terminal = Terminal::start(&home, PUM, "dump -p prod -Z gzip:9 prod.dump", 80);
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
    assert!(part(&all), "{all}");
    assert!(all.contains(" left, 0 of 2 tables"), "{all}");

    let terminal = Terminal::start(&home, PUM, "restore -p prod --suffix _copy prod.dump", 140);
    let (code, all) = terminal.end();
    assert_eq!(code, Some(0), "{all}");
    assert!(all.contains("building index: scanning table, "), "{all}");
}
