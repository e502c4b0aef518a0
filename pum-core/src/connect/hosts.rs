//! The servers a connection may go to: lists of hosts, addresses and ports.

use std::net::IpAddr;
use std::path::Path;

use super::error::ConnectError;

/// The port that counts when none is given.
pub(super) const DEFAULT_PORT: u16 = 5432;

/// Where servers put their Unix socket by default: on Debian and Red Hat, and as PostgreSQL
/// comes from its makers. libpq has one of them built in; pum takes the first that holds the
/// socket of the wanted port, else the first that exists.
pub const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// One server to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// A name, an address, or a socket directory; at least one of `host` and `address` is given.
    pub(super) host: Option<String>,
    /// The address to connect to instead of looking up the host's.
    pub(super) address: Option<IpAddr>,
    pub(super) port: u16,
}

impl Endpoint {
    /// The directory (or `@` and abstract name) of the Unix socket, when this is one.
    pub(super) fn socket_directory(&self) -> Option<&str> {
        match (&self.address, &self.host) {
            (None, Some(host)) if host.starts_with(['/', '@']) => Some(host),
            _ => None,
        }
    }

    /// The names under which a password file may know this server.
    pub(super) fn password_names(&self) -> Vec<String> {
        match (&self.host, &self.address) {
            (Some(host), _) if SOCKET_DIRECTORIES.contains(&host.as_str()) => {
                vec!["localhost".to_owned(), host.clone()]
            }
            (Some(host), _) => vec![host.clone()],
            (None, Some(address)) => vec![address.to_string()],
            (None, None) => vec!["localhost".to_owned()],
        }
    }
}

/// The servers that these values of `host`, `hostaddr` and `port` name. Empty is not given.
pub(super) fn endpoints(
    host: &str,
    hostaddr: &str,
    port: &str,
) -> Result<Vec<Endpoint>, ConnectError> {
    let list = |text: &str| -> Vec<String> {
        if text.is_empty() { Vec::new() } else { text.split(',').map(str::to_owned).collect() }
    };
    let (hosts, addresses, ports) = (list(host), list(hostaddr), list(port));
    if !hosts.is_empty() && !addresses.is_empty() && hosts.len() != addresses.len() {
        return Err(ConnectError::invalid(
            "host",
            format!(
                "{} hosts do not match {} values of \"hostaddr\"",
                hosts.len(),
                addresses.len()
            ),
        ));
    }
    let count = hosts.len().max(addresses.len()).max(1);
    if ports.len() > 1 && ports.len() != count {
        return Err(ConnectError::invalid(
            "port",
            format!("{} ports do not match {count} hosts", ports.len()),
        ));
    }
    (0..count)
        .map(|index| {
            let port = ports
                .get(index)
                .or(ports.first())
                .map_or(Ok(DEFAULT_PORT), |port| read_port(port))?;
            let address = match addresses.get(index).map(String::as_str) {
                None | Some("") => None,
                Some(address) => Some(read_address(address)?),
            };
            let host = hosts.get(index).filter(|host| !host.is_empty()).cloned();
            let host = match (host, address) {
                (None, None) => Some(default_socket_directory(port)),
                (host, _) => host,
            };
            Ok(Endpoint { host, address, port })
        })
        .collect()
}

/// Text that is not a number may be half a password from a malformed URI: it is not shown.
pub(super) const NO_PORT: &str = "it is not a number (a password in a URI must have \"/\" written as \
                                  %2F, \"@\" as %40, \"?\" as %3F)";

fn read_port(text: &str) -> Result<u16, ConnectError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(DEFAULT_PORT);
    }
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
        let reason = match text.parse::<i128>() {
            Ok(number) => format!("{number} is not between 1 and 65535"),
            Err(_) => NO_PORT.to_owned(),
        };
        ConnectError::invalid("port", reason)
    })
}

fn read_address(text: &str) -> Result<IpAddr, ConnectError> {
    text.parse().map_err(|_| {
        ConnectError::invalid("hostaddr", "it is not a numeric IPv4 or IPv6 address without a zone")
    })
}

fn default_socket_directory(port: u16) -> String {
    let holds =
        |directory: &&&str| Path::new(**directory).join(format!(".s.PGSQL.{port}")).exists();
    let exists = |directory: &&&str| Path::new(**directory).is_dir();
    let directories = SOCKET_DIRECTORIES.iter();
    let found = directories.clone().find(holds).or_else(|| directories.clone().find(exists));
    (*found.unwrap_or(&SOCKET_DIRECTORIES[0])).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(host: &str, hostaddr: &str, port: &str) -> Vec<Endpoint> {
        endpoints(host, hostaddr, port).unwrap()
    }

    fn endpoint(host: Option<&str>, address: Option<&str>, port: u16) -> Endpoint {
        let address = address.map(|address| address.parse().unwrap());
        Endpoint { host: host.map(str::to_owned), address, port }
    }

    #[test]
    fn lists_are_matched_up() {
        assert_eq!(read("a", "", ""), [endpoint(Some("a"), None, 5432)]);
        assert_eq!(
            read("a,b", "", "1"),
            [endpoint(Some("a"), None, 1), endpoint(Some("b"), None, 1)]
        );
        assert_eq!(
            read("a,b,", "1.2.3.4,,::1", ",2,"),
            [
                endpoint(Some("a"), Some("1.2.3.4"), 5432),
                endpoint(Some("b"), None, 2),
                endpoint(None, Some("::1"), 5432)
            ]
        );
        assert_eq!(read("", "1.2.3.4", "7"), [endpoint(None, Some("1.2.3.4"), 7)]);
    }

    #[test]
    fn nothing_is_a_default_socket() {
        for endpoint in read("", "", "").into_iter().chain(read(",a", "", "").into_iter().take(1)) {
            let directory = endpoint.socket_directory().unwrap().to_owned();
            assert!(SOCKET_DIRECTORIES.contains(&directory.as_str()), "{directory}");
            assert_eq!(endpoint.password_names(), ["localhost", &directory]);
        }
    }

    #[test]
    fn sockets() {
        assert_eq!(read("/x y", "", "")[0].socket_directory(), Some("/x y"));
        assert_eq!(read("@x", "", "")[0].socket_directory(), Some("@x"));
        assert_eq!(read("/x", "::1", "")[0].socket_directory(), None);
        assert_eq!(read("h", "::1", "")[0].password_names(), ["h"]);
        assert_eq!(read("", "::1", "")[0].password_names(), ["::1"]);
    }

    #[test]
    fn what_does_not_match_up_is_an_error() {
        for (host, hostaddr, port, part) in [
            ("a,b", "::1", "", "2 hosts do not match 1"),
            ("a,b,c", "", "1,2", "2 ports do not match 3"),
            ("a", "", "0", "between 1 and 65535"),
            ("a", "", "65536", "between 1 and 65535"),
            ("a", "", "hush", "not a number"),
            ("", "localhost", "", "numeric"),
        ] {
            let message = endpoints(host, hostaddr, port).unwrap_err().to_string();
            assert!(message.contains(part) && !message.contains("hush"), "{message}");
        }
    }
}
