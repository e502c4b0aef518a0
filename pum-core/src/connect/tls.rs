//! TLS as libpq means it, on rustls.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::options::{CertificateMode, ConnectionOptions, SslMode, TlsVersion};
use super::seen::Seen;
use super::settings::Settings;
use super::verify::Verifier;

/// Whether this build has TLS.
pub(super) const BUILT_IN: bool = true;

/// Makes the TLS of connections.
pub(super) type Maker = MakeRustlsConnect;

/// The TLS of a connection; reads all files the settings name. The error says what is wrong with
/// which file.
pub(super) fn maker(
    settings: &Settings,
    options: &ConnectionOptions,
    seen: &Arc<Seen>,
) -> Result<Maker, String> {
    Ok(Maker::new(client_config(settings, options, seen)?))
}

/// Whether a certificate can hold this name of a host.
pub(super) fn is_certifiable(host: &str) -> bool {
    ServerName::try_from(host).is_ok()
}

fn client_config(
    settings: &Settings,
    options: &ConnectionOptions,
    seen: &Arc<Seen>,
) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions: &[&rustls::SupportedProtocolVersion] = match (options.ssl_min, options.ssl_max) {
        (_, Some(TlsVersion::Tls1_2)) => &[&rustls::version::TLS12],
        (TlsVersion::Tls1_3, _) => &[&rustls::version::TLS13],
        _ => &[&rustls::version::TLS13, &rustls::version::TLS12],
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier(
            settings,
            options,
            Arc::clone(&provider),
        )?));
    let mut config = match client_certificate(settings, options)? {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let key = CertifiedKey::from_der(chain, key, &provider)
                .map_err(|error| format!("client certificate: {error}"))?;
            builder.with_client_cert_resolver(Arc::new(ClientCertificate {
                key: Arc::new(key),
                seen: Arc::clone(seen),
            }))
        }
    };
    config.enable_sni = options.ssl_sni;
    if options.ssl_direct {
        config.alpn_protocols = vec![b"postgresql".to_vec()];
    }
    Ok(config)
}

/// Sends the client certificate whenever the server asks, and remembers it.
#[derive(Debug)]
struct ClientCertificate {
    key: Arc<CertifiedKey>,
    seen: Arc<Seen>,
}

impl ResolvesClientCert for ClientCertificate {
    fn resolve(&self, _: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.key.key.choose_scheme(schemes)?;
        self.seen.certificate_was_sent();
        Some(Arc::clone(&self.key))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// Whom to believe, by `sslmode` and the root certificates.
///
/// As in libpq, a root certificate file that exists is used in every mode: it turns `require`
/// into `verify-ca`. The modes that verify need one.
fn verifier(
    settings: &Settings,
    options: &ConnectionOptions,
    provider: Arc<CryptoProvider>,
) -> Result<Verifier, String> {
    let named = settings.given("sslrootcert").map(PathBuf::from);
    let path = named.clone().or_else(|| settings.default_tls_file("root.crt"));
    let (roots, place) = match path.filter(|path| is_system(path) || path.exists()) {
        Some(path) if is_system(&path) => (system_roots()?, "the system's certificates".to_owned()),
        Some(path) => {
            let roots = certificates(&path, "root certificate file")?;
            (roots, format!("root certificate file \"{}\"", path.display()))
        }
        None if options.ssl_mode >= SslMode::VerifyCa => {
            let place = named.map_or_else(
                || settings.default_tls_place("root.crt"),
                |path| path.display().to_string(),
            );
            return Err(format!(
                "root certificate file \"{place}\" does not exist: provide it, name another with \
                 sslrootcert, or use the system's with sslrootcert=system"
            ));
        }
        None => return Ok(Verifier::any_host(provider)),
    };
    let check_name = options.ssl_mode == SslMode::VerifyFull;
    Verifier::authorities(provider, roots, revocation_lists(settings)?, check_name)
        .map_err(|reason| format!("{place}: {reason}"))
}

fn is_system(path: &Path) -> bool {
    path.as_os_str() == "system"
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        return Err(format!("the system has no root certificates: {}", errors.join("; ")));
    }
    Ok(found.certs)
}

fn certificates(path: &Path, what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = read(path, what)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(format!("{what} \"{}\" contains no PEM certificate", path.display())),
        Err(error) => Err(format!("{what} \"{}\": {error}", path.display())),
    }
}

fn read(path: &Path, what: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {what} \"{}\": {error}", path.display()))
}

/// The certificate revocation lists of `sslcrl` and `sslcrldir`, or of `~/.postgresql/root.crl`.
/// All lists of the directory count, whatever their files' names.
fn revocation_lists(
    settings: &Settings,
) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    const WHAT: &str = "certificate revocation list";
    let mut files: Vec<PathBuf> = Vec::new();
    let (file, directory) = (settings.given("sslcrl"), settings.given("sslcrldir"));
    files.extend(file.map(PathBuf::from));
    if let Some(directory) = directory {
        let read = || -> io::Result<Vec<PathBuf>> {
            fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect()
        };
        let entries =
            read().map_err(|error| format!("cannot read sslcrldir \"{directory}\": {error}"))?;
        files.extend(entries.into_iter().filter(|path| path.is_file()));
    }
    if file.is_none() && directory.is_none() {
        files.extend(settings.default_tls_file("root.crl"));
    }
    let mut lists = Vec::new();
    for path in files {
        let bytes = read(&path, WHAT)?;
        let found: Result<Vec<_>, _> =
            CertificateRevocationListDer::pem_slice_iter(&bytes).collect();
        match found {
            Ok(found) if !found.is_empty() => lists.extend(found),
            Ok(_) => {
                return Err(format!(
                    "{WHAT} \"{}\" contains no PEM revocation list",
                    path.display()
                ));
            }
            Err(error) => return Err(format!("{WHAT} \"{}\": {error}", path.display())),
        }
    }
    Ok(lists)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The client certificate and its key. As in libpq, a certificate file that does not exist is
/// no error: the server may not ask for one.
fn client_certificate(
    settings: &Settings,
    options: &ConnectionOptions,
) -> Result<Option<Identity>, String> {
    if options.ssl_certificate == CertificateMode::Disable {
        return Ok(None);
    }
    let certificate = settings.given("sslcert").map(PathBuf::from);
    let certificate = certificate.or_else(|| settings.default_tls_file("postgresql.crt"));
    let Some(certificate) = certificate.filter(|path| path.exists()) else { return Ok(None) };
    let key = settings.given("sslkey").map(PathBuf::from);
    if key.as_ref().is_some_and(|key| !key.exists() && key.to_string_lossy().contains(':')) {
        return Err(
            "a key in a cryptographic engine (sslkey=engine:...) is not supported".to_owned()
        );
    }
    let Some(key) =
        key.or_else(|| settings.default_tls_file("postgresql.key")).filter(|path| path.exists())
    else {
        return Err(format!(
            "there is a client certificate \"{}\", but no private key file \"{}\"",
            certificate.display(),
            settings
                .given("sslkey")
                .map_or_else(|| settings.default_tls_place("postgresql.key"), str::to_owned),
        ));
    };
    let chain = certificates(&certificate, "client certificate file")?;
    Ok(Some((chain, private_key(&key)?)))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let shown = path.display();
    let metadata = fs::metadata(path)
        .map_err(|error| format!("cannot read private key file \"{shown}\": {error}"))?;
    if !metadata.is_file() {
        return Err(format!("private key file \"{shown}\" is not a regular file"));
    }
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.mode() & forbidden != 0 {
        return Err(format!(
            "private key file \"{shown}\" has group or world access: it must have permissions \
             0600 or less, or 0640 or less if root owns it"
        ));
    }
    let bytes = read(path, "private key file")?;
    match PrivateKeyDer::from_pem_slice(&bytes) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) if !bytes.starts_with(b"-----") => {
            PrivateKeyDer::try_from(bytes)
                .map_err(|error| format!("private key file \"{shown}\": {error}"))
        }
        Err(_) if String::from_utf8_lossy(&bytes).contains("ENCRYPTED") => Err(format!(
            "private key file \"{shown}\" is encrypted, which pum cannot read (sslpassword is not \
             supported): give an unencrypted key that only you can read"
        )),
        Err(error) => Err(format!("private key file \"{shown}\": {error}")),
    }
}
