//! The data of a delta may be larger than memory.

use std::io::Write;

use pum_core::delta::Version;
use pum_core::upgrade::set_baseline;
use pum_tests::command::Home;
use pum_tests::database;
use pum_tests::measure::wait_and_watch;

const ROWS: usize = 1_000_000;

#[test]
fn data_are_not_held() {
    let home = Home::new();
    let path = home.file("deltas/delta_1.1.0.sql", "CREATE TABLE t (a int, b text);\n");
    let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(b"COPY t FROM STDIN;\n").unwrap();
    let mut size = 0;
    for thousand in 0..ROWS / 1000 {
        let row = |row| format!("{}\t{}\n", thousand * 1000 + row, "some text ".repeat(10));
        let rows: String = (0..1000).map(row).collect();
        size += rows.len();
        file.write_all(rows.as_bytes()).unwrap();
    }
    file.write_all(b"\\.\nCREATE TABLE after (a int);\n").unwrap();
    drop(file);

    let database = database();
    let table = "public.pum_info".parse().unwrap();
    set_baseline(&mut database.session(), &table, &Version::new(1, 0, 0)).unwrap();
    let database_name = database.conninfo();
    let arguments = ["upgrade", "-p", &database_name, "-t", "public.pum_info", "-d", "deltas"];
    let program = env!("CARGO_BIN_EXE_pum-under-test");
    let (output, peak) = wait_and_watch(home.command(program, &arguments).spawn().unwrap());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(database.column("SELECT count(*) FROM t"), [ROWS.to_string()]);
    let peak = usize::try_from(peak).unwrap() * 1024;
    assert!(peak > 0 && peak < size / 2, "{peak} bytes of memory for {size} bytes of data");
}
