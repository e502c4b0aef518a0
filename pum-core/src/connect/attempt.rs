//! One attempt to connect: one address, with or without TLS.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use postgres::config::{ChannelBinding as DriverBinding, SslMode as DriverMode, SslNegotiation};
use postgres::{Client, Config, NoTls, SimpleQueryMessage};

use super::auth::AuthRules;
use super::connector::Connector;
use super::hosts::Endpoint;
use super::options::{ChannelBinding, ConnectionOptions, SslMode};
use super::settings::{Password, Settings};
use super::tls;
use super::version::ServerVersion;
use crate::{Interrupt, Interrupted};

/// How an attempt uses TLS.
#[derive(Clone)]
pub(super) enum Encryption {
    /// Not at all.
    None,
    /// Not at all, but watched.
    Watched(Connector),
    /// If the server has it.
    IfOffered(Connector),
    /// Always.
    Always(Connector),
}

impl Encryption {
    /// The driver's connector.
    pub(super) fn connector(&self) -> Option<&Connector> {
        match self {
            Self::None => None,
            Self::Watched(connector) | Self::IfOffered(connector) | Self::Always(connector) => {
                Some(connector)
            }
        }
    }
}

/// An open connection, and what the guard query said.
pub(super) struct Opened {
    pub(super) client: Client,
    pub(super) version: ServerVersion,
    pub(super) in_recovery: bool,
    pub(super) read_only: bool,
    pub(super) is_superuser: bool,
    pub(super) encoding: String,
}

/// Why waiting for something ended without it.
pub(super) enum Stopped {
    Interrupted,
    TimedOut,
    /// The thread could not be started, or broke down.
    Broken,
}

impl From<Interrupted> for Stopped {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// Runs `work` on a thread of its own and waits for its result, until the time is over or
/// the caller asks to stop. The thread is left behind then: the operating system ends what it
/// waits for, and its result is dropped.
pub(super) fn wait_for<T: Send + 'static>(
    interrupt: &Interrupt,
    timeout: Option<Duration>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Stopped> {
    interrupt.check()?;
    let (sender, receiver) = mpsc::channel();
    let stop = sender.clone();
    let _watch = interrupt.watch(move || drop(stop.send(Err(Stopped::Interrupted))));
    let answer = Answer { sender, result: Some(Err(Stopped::Broken)) };
    thread::Builder::new()
        .name("pum-connect".to_owned())
        .spawn(move || {
            let mut answer = answer;
            answer.result = Some(Ok(work()));
        })
        .map_err(|_| Stopped::Broken)?;
    match timeout {
        Some(timeout) => receiver.recv_timeout(timeout).map_err(|_| Stopped::TimedOut)?,
        None => receiver.recv().map_err(|_| Stopped::Broken)?,
    }
}

/// Sends its result when it goes, also when that is because the work panicked.
struct Answer<T> {
    sender: mpsc::Sender<Result<T, Stopped>>,
    result: Option<Result<T, Stopped>>,
}

impl<T> Drop for Answer<T> {
    fn drop(&mut self) {
        // The caller may have stopped waiting.
        self.result.take().map(|result| self.sender.send(result));
    }
}

/// The addresses of a host name.
pub(super) fn addresses(host: &str, port: u16) -> Result<Vec<IpAddr>, String> {
    let found = (host, port).to_socket_addrs().map_err(|error| error.to_string())?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in found.map(|address: SocketAddr| address.ip()) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
}

/// The driver's configuration for one address and encryption.
pub(super) fn driver_config(
    settings: &Settings,
    options: &ConnectionOptions,
    endpoint: &Endpoint,
    password: &Password,
    encryption: &Encryption,
) -> Config {
    let mut config = Config::new();
    config.user(settings.user()).dbname(settings.database()).port(endpoint.port);
    if let Some(directory) = endpoint.socket_directory() {
        // An abstract socket's name starts with a zero byte, which libpq writes as "@".
        match directory.strip_prefix('@') {
            Some(name) => config.host_path(format!("\0{name}")),
            None => config.host_path(directory),
        };
    } else if let Some(address) = endpoint.address {
        config.hostaddr(address).host(&tls_name(options, endpoint, address));
    }
    let withheld = options.login.as_ref().is_some_and(AuthRules::forbid_password);
    if let Some(password) = password.text.as_ref().filter(|_| !withheld) {
        config.password(password);
    }
    let name = settings.given("application_name").or(settings.given("fallback_application_name"));
    config.application_name(name.unwrap_or("pum"));
    let startup = startup_options(settings);
    if !startup.is_empty() {
        config.options(&startup);
    }
    config.ssl_mode(match encryption {
        Encryption::None => DriverMode::Disable,
        Encryption::IfOffered(_) => DriverMode::Prefer,
        Encryption::Watched(_) | Encryption::Always(_) => DriverMode::Require,
    });
    if matches!(encryption, Encryption::Watched(_)) || options.ssl_direct {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    config.channel_binding(match options.channel_binding {
        ChannelBinding::Disable => DriverBinding::Disable,
        ChannelBinding::Prefer => DriverBinding::Prefer,
        ChannelBinding::Require => DriverBinding::Require,
    });
    socket_options(&mut config, options);
    config
}

fn socket_options(config: &mut Config, options: &ConnectionOptions) {
    config.keepalives(options.keepalives);
    if let Some(idle) = options.keepalives_idle {
        config.keepalives_idle(idle);
    }
    if let Some(interval) = options.keepalives_interval {
        config.keepalives_interval(interval);
    }
    if let Some(count) = options.keepalives_count {
        config.keepalives_retries(count);
    }
    if let Some(timeout) = options.tcp_user_timeout {
        config.tcp_user_timeout(timeout);
    }
    if let Some(timeout) = options.connect_timeout {
        config.connect_timeout(timeout);
    }
}

/// The name for TLS: the host's, unless it is no name a certificate can hold and need not match.
fn tls_name(options: &ConnectionOptions, endpoint: &Endpoint, address: IpAddr) -> String {
    match &endpoint.host {
        Some(host) if options.ssl_mode == SslMode::VerifyFull || tls::is_certifiable(host) => {
            host.clone()
        }
        _ => address.to_string(),
    }
}

/// The `options` of the connection, and the parameters that `PGTZ` and its like set.
fn startup_options(settings: &Settings) -> String {
    let given = settings.given("options").map(str::to_owned);
    let parameters = settings.startup().iter().map(|(parameter, value)| {
        format!("-c {parameter}={}", value.replace('\\', r"\\").replace(' ', r"\ "))
    });
    given.into_iter().chain(parameters).collect::<Vec<_>>().join(" ")
}

/// Asks for all that is checked before a session is used, in one round trip.
pub(super) const GUARD: &str = "select pg_catalog.current_setting('server_version_num'), \
     pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only'), \
     pg_catalog.current_setting('is_superuser'), pg_catalog.current_setting('server_encoding')";

/// Connects and asks the guard query.
pub(super) fn open(config: &Config, encryption: &Encryption) -> Result<Opened, postgres::Error> {
    let mut client = match encryption.connector() {
        None => config.connect(NoTls)?,
        Some(connector) => config.connect(connector.clone())?,
    };
    let messages = client.simple_query(GUARD)?;
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let column = |index| row.and_then(|row| row.get(index)).unwrap_or_default();
    let version = ServerVersion(column(0).parse().unwrap_or(0));
    let (in_recovery, read_only) = (column(1) == "t", column(2) == "on");
    let (is_superuser, encoding) = (column(3) == "on", column(4).to_owned());
    Ok(Opened { client, version, in_recovery, read_only, is_superuser, encoding })
}

/// The target of the attempt, for messages.
pub(super) fn target(endpoint: &Endpoint, encryption: Option<&Encryption>) -> String {
    if let Some(directory) = endpoint.socket_directory() {
        return format!("socket \"{directory}/.s.PGSQL.{}\"", endpoint.port);
    }
    let address = endpoint.address.map(|address| address.to_string());
    let host = match (&endpoint.host, address) {
        (Some(host), Some(address)) if *host != address => format!("host \"{host}\" ({address})"),
        (Some(host), _) => format!("host \"{host}\""),
        (None, address) => format!("host {}", address.unwrap_or_default()),
    };
    let tls = match encryption {
        Some(Encryption::None | Encryption::Watched(_)) => ", without TLS",
        Some(Encryption::Always(_)) => ", with TLS",
        Some(Encryption::IfOffered(_)) | None => "",
    };
    format!("{host}, port {}{tls}", endpoint.port)
}
