//! Objects that only a superuser may own, and not always the one who upgrades.

use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::server::Server;

use super::Setting;

/// Each with an owner of its own, who is named by nothing else.
const OBJECTS: &str = "
    CREATE FUNCTION public.quiet() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION public.quiet();
    ALTER EVENT TRIGGER watching OWNER TO \"Super trigger\";
    CREATE FOREIGN DATA WRAPPER wrapper;
    ALTER FOREIGN DATA WRAPPER wrapper OWNER TO super_wrapper;
    CREATE SERVER far FOREIGN DATA WRAPPER wrapper;
    ALTER SERVER far OWNER TO super_no;
    CREATE PUBLICATION everything FOR ALL TABLES;
    ALTER PUBLICATION everything OWNER TO super_no;
    CREATE TABLE public.orders (id int);";
const SUBSCRIPTION: &str = "
    CREATE SUBSCRIPTION following CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false);
    ALTER SUBSCRIPTION following OWNER TO super_follower;";
const ROLES: &str = "
    CREATE ROLE \"Super trigger\" SUPERUSER;
    CREATE ROLE super_wrapper SUPERUSER;
    CREATE ROLE super_follower SUPERUSER;
    CREATE ROLE super_no;";

#[test]
fn what_other_superusers_own_is_rehearsed_and_compared() {
    let production = database();
    production.execute(&format!("{ROLES}{OBJECTS}{SUBSCRIPTION}"));
    let home = Home::new();
    home.service("prod", &production);
    home.file("deltas/delta_1.1.0_note.sql", "ALTER TABLE orders ADD note text;");
    home.file("build.sql", &format!("{OBJECTS}{SUBSCRIPTION}ALTER TABLE orders ADD note text;"));
    let setting = Setting { home, production };
    let run = "-b 1.0.0 --reference-sql build.sql --yes --until plan --report json=run.json";
    let done = setting.manage(run);
    assert!(!done.stderr.contains("not restored as"), "{}", done.stderr);
    done.expect(0);
    let report = std::fs::read_to_string(setting.home.path().join("run.json")).unwrap();
    assert!(!report.contains("differences from production"), "{report}");

    // A dump, a script and a snapshot say who owns what; who may own it is known from that.
    setting.pum("dump -p prod x.dump").expect(0);
    setting.pum("check --preset strict prod x.dump").expect(0);
    let script = setting.production.dump_schema();
    setting.home.file("x.sql", &script);
    setting.pum("check --preset strict prod x.sql").expect(0);
    setting.pum("snapshot prod -o prod.json").expect(0);
    setting.pum("check --preset strict prod.json x.dump").expect(0);

    // A server of somebody else's gets no superusers.
    let away = Server::start(false, &[], &[], &[]);
    let copy = away.database("copy");
    setting.home.service("away", &copy);
    let refused = setting.pum("restore -p away --create-roles x.dump");
    insta::assert_snapshot!(refused.error(), @"error: the dump has event triggers, foreign data wrappers or subscriptions of Super trigger, super_follower, super_wrapper, which are not superusers of away: only a superuser may own such objects");
    let made = "SELECT count(*) FROM pg_roles WHERE rolname ~ '^[Ss]uper'";
    assert_eq!(away.superuser().query_one(made, &[]).unwrap().get::<_, i64>(0), 0);
    away.superuser().batch_execute(ROLES).unwrap();
    setting.pum("restore -p away x.dump").expect(0);
}
