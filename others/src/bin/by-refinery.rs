//! Applies deltas with refinery, each in a transaction, as is its default.

fn main() {
    let (database, deltas) = pum_others::arguments();
    let mut client = postgres::Client::connect(&database, postgres::NoTls).unwrap();
    let migrations: Vec<_> = deltas
        .iter()
        .map(|(n, sql)| refinery::Migration::unapplied(&format!("V{n}__delta"), sql).unwrap())
        .collect();
    refinery::Runner::new(&migrations).run(&mut client).unwrap();
}
