//! The pages for who comes from another program.

use pum_tests::{Database, database};

use super::world::World;

/// A database with a table and a view, as a small history of Flyway makes them.
fn shop(world: &World, schema: &str) -> Database {
    let shop = database();
    shop.execute(schema);
    world.home.service("shop", &shop);
    shop
}

pub(super) mod from_others {
    use super::super::section::Section;
    use super::{World, shop};

    crate::sections! {
        "docs/coming-from-others.md":
        "From Flyway, Liquibase, sqitch, Diesel" => as_it_is,
        "What is risky in them" => risky,
        "Moving" => moving,
    }

    const TABLE: &str = "CREATE TABLE t (id int PRIMARY KEY);";
    const COLUMN: &str = "ALTER TABLE t ADD a text;";
    const VIEW: &str = "CREATE VIEW v AS SELECT id FROM t;";

    /// What these come to, with the table of Flyway.
    fn schema() -> String {
        format!("{TABLE} {COLUMN} {VIEW} CREATE TABLE flyway_schema_history (installed_rank int);")
    }

    fn as_it_is(section: &mut Section) {
        let world = with_migrations();
        let database = shop(&world, &schema());
        world.home.service("prod", &database);
        section.run(&world, 0);
    }

    fn risky(section: &mut Section) {
        section.run(&with_migrations(), 1);
    }

    fn with_migrations() -> World {
        let world = World::new();
        world.home.file("migrations/V1__t.sql", TABLE);
        world.home.file("migrations/V1.1__a.sql", COLUMN);
        world.home.file("migrations/R__v.sql", VIEW);
        world
    }

    /// As the steps of the page say.
    fn moving(section: &mut Section) {
        let world = World::new();
        shop(&world, &schema());
        world.home.file("deltas/delta_1.0.0_t.sql", TABLE);
        world.home.file("deltas/delta_1.1.0_a.sql", COLUMN);
        world.home.file("deltas/repeatable/v.sql", VIEW);
        world.home.file(
            "pum.toml",
            "upgrades_table = \"public.upgrades\"\ndelta_dirs = [\"deltas\"]\n\
             baseline_includes_version = true\n",
        );
        world.pum("baseline -p shop -b 1.1.0").expect(0);
        section.run(&world, 0);
        section.run(&world, 0);
    }
}

pub(super) mod from_pum {
    use super::super::section::Section;
    use super::{World, shop};

    crate::sections! {
        "docs/coming-from-pum.md":
        "What changes" => restored,
    }

    /// A view that reads otherwise after a dump and restore.
    fn restored(section: &mut Section) {
        let world = World::new();
        let database = shop(
            &world,
            "CREATE TABLE t (id int PRIMARY KEY, s varchar(10));
             CREATE VIEW v AS SELECT id FROM t WHERE s IN ('a', 'b');",
        );
        world.pum("dump -p shop shop.dump").expect(0);
        world.pum("restore -p shop --suffix _restored shop.dump").expect(0);
        let name = format!("{}_restored", database.settings.get("dbname").unwrap());
        let settings = database.settings.with("dbname", &name).unwrap();
        world.home.service("restored", &pum_tests::Database { settings });
        section.run(&world, 0);
    }
}
