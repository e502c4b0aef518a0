//! Which package of this system has the programs of a PostgreSQL server.

/// The command that installs them here; `None` on a system that is not known.
pub(crate) fn server_command() -> Option<&'static str> {
    if cfg!(target_os = "macos") {
        return Some("brew install postgresql");
    }
    let release = ["/etc/os-release", "/usr/lib/os-release"];
    let release = release.iter().find_map(|path| std::fs::read_to_string(path).ok())?;
    of_system(&release)
}

/// The same for what the file `os-release` says of a system (its manual page: os-release(5)).
fn of_system(release: &str) -> Option<&'static str> {
    let value = |key: &str| {
        let mut lines = release.lines().filter_map(|line| line.trim().split_once('='));
        let (_, value) = lines.find(|(name, _)| *name == key)?;
        Some(value.trim_matches(['"', '\'']))
    };
    let names = [value("ID"), value("ID_LIKE")].into_iter().flatten();
    names.flat_map(str::split_whitespace).find_map(|name| match name {
        "debian" | "ubuntu" => Some("apt install postgresql"),
        "rhel" | "fedora" | "centos" => Some("dnf install postgresql-server"),
        "suse" | "opensuse" => Some("zypper install postgresql-server"),
        "alpine" => Some("apk add postgresql"),
        "arch" => Some("pacman -S postgresql"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_is_known_by_its_name_or_by_what_it_is_like() {
        let (apt, dnf) = ("apt install postgresql", "dnf install postgresql-server");
        for (release, command) in [
            ("PRETTY_NAME=\"Debian\"\nID=debian\n", Some(apt)),
            ("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Some(apt)),
            ("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"", Some(dnf)),
            ("ID=alpine", Some("apk add postgresql")),
            ("ID='leap'\nID_LIKE='suse opensuse'", Some("zypper install postgresql-server")),
            ("ID=nixos", None),
            ("VERSION_ID=debian", None),
            ("", None),
        ] {
            assert_eq!(of_system(release), command, "{release}");
        }
    }
}
