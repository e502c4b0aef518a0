use crate::{PUM, Setting, names_in};

/// The dumps in a directory, without what lies beside them.
fn dumps(directory: &std::path::Path) -> Vec<String> {
    let mut names = names_in(directory);
    names.retain(|name| !name.ends_with(".manifest.json") && !name.ends_with(".globals.sql"));
    names
}

#[test]
fn the_newest_are_kept() {
    let setting = Setting::new();
    let directory = setting.path("kept");
    std::fs::create_dir(&directory).unwrap();
    let name = setting.database.settings.database();
    let dump =
        |options: &str| setting.pum(&format!("dump -p prod --dir kept {options}")).expect(0).stdout;
    // In the order in which they were made, which their names do not tell within a second.
    let mut before: Vec<String> = Vec::new();
    for options in ["--globals", "", "-F directory"] {
        let said = dump(options);
        assert!(said.contains(&format!("dumped to kept/{name}_2")), "{said}");
        before.extend(dumps(&directory).into_iter().find(|made| !before.contains(made)));
    }
    assert_eq!(before.len(), 3, "without --keep all stay");
    // What is not a dump of this database is not ours.
    for stranger in [format!("{name}_mine.dump"), format!("{name}2_20200101T000000Z.dump")] {
        std::fs::write(directory.join(stranger), "").unwrap();
    }
    let other = pum_tests::database();
    setting
        .home
        .run(PUM, &["dump", "-p", &other.conninfo(), "--dir", "kept", "--keep", "1"])
        .expect(0);
    assert_eq!(dumps(&directory).len(), 6);
    let said = dump("--keep 2");
    assert_eq!(said.matches("removed kept/").count(), 2, "{said}");
    let after = dumps(&directory);
    assert_eq!(after.len(), 5, "{after:?}");
    assert!(!after.contains(&before[0]) && !after.contains(&before[1]), "{after:?}");
    assert!(names_in(&directory).iter().all(|name| !name.ends_with(".globals.sql")));
    // The directory goes as well as a file does, and what a killed run left.
    let abandoned = directory.join(format!(".{name}_20200101T000000Z.dump.abcdef.part"));
    std::fs::write(&abandoned, "").unwrap();
    dump("--keep 1");
    assert!(!abandoned.exists());
    let mine = |names: Vec<String>| {
        let start = format!("{name}_2");
        names.into_iter().filter(|it| it.starts_with(&start)).collect::<Vec<_>>()
    };
    let left = mine(dumps(&directory));
    assert_eq!(left.len(), 1, "{left:?}");
    setting.pum(&format!("restore -p prod --suffix _k kept/{}", left[0])).expect(0);
}

#[test]
fn nothing_is_removed_for_a_dump_that_failed() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path("kept")).unwrap();
    for _ in 0..2 {
        setting.pum("dump -p prod --dir kept").expect(0);
    }
    let before = names_in(&setting.path("kept"));
    setting
        .pum("dump -p prod --dir kept --keep 1 -n nowhere")
        .expect_error(&["no matching schemas"]);
    assert_eq!(names_in(&setting.path("kept")), before);
    setting.pum("dump -p prod --dir nowhere --keep 1").expect_error(&["nowhere/", "No such file"]);
    setting.pum("dump -p prod --dir kept --keep 0").expect(2);
    setting.pum("dump -p prod --keep 1 x.dump").expect(2);
    setting.pum("dump -p prod").expect(2);
}
