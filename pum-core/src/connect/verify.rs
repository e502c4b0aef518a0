//! Whom a TLS connection believes: what OpenSSL does for libpq, on rustls.
//!
//! rustls is stricter than OpenSSL in ways that meet the certificates people really have: those
//! of PostgreSQL's manual are self-signed, name their host in the common name only, and were of
//! X.509 version 1 for a long time. Each of these is accepted here where libpq accepts it, as
//! far as that takes no chain building of our own.

use std::sync::Arc;

use rustls::CertificateError::{NotValidForName, NotValidForNameContext};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, ServerName, SubjectPublicKeyInfoDer, UnixTime,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use x509_cert::Certificate;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SUBJECT_ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");

/// Verifies a server's certificate as far as `sslmode` wants it, and always that the server
/// holds the certificate's key.
#[derive(Debug)]
pub(super) struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Without it, any certificate will do.
    authorities: Option<Authorities>,
    check_name: bool,
}

#[derive(Debug)]
struct Authorities {
    chain: Arc<WebPkiServerVerifier>,
    /// Certificates a server may use itself: the roots, unless revocation has to be checked.
    pinned: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// `sslmode=require` without a root certificate, and weaker modes.
    pub(super) fn any_host(provider: Arc<CryptoProvider>) -> Self {
        Self { provider, authorities: None, check_name: false }
    }

    /// `sslmode=verify-ca` and, with `check_name`, `sslmode=verify-full`.
    pub(super) fn authorities(
        provider: Arc<CryptoProvider>,
        roots: Vec<CertificateDer<'static>>,
        revoked: Vec<CertificateRevocationListDer<'static>>,
        check_name: bool,
    ) -> Result<Self, String> {
        let mut store = RootCertStore::empty();
        let (added, _) = store.add_parsable_certificates(roots.iter().cloned());
        if added == 0 {
            return Err("it contains no usable root certificate".to_owned());
        }
        let pinned = if revoked.is_empty() { roots } else { Vec::new() };
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&provider));
        let chain = builder.with_crls(revoked).build().map_err(|error| error.to_string())?;
        Ok(Self { provider, authorities: Some(Authorities { chain, pinned }), check_name })
    }

    fn named(
        &self,
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
    ) -> Result<ServerCertVerified, Error> {
        let by_alternative_name = || {
            ParsedCertificate::try_from(certificate)
                .and_then(|certificate| verify_server_name(&certificate, name))
        };
        if !self.check_name || has_common_name(certificate, name) {
            return Ok(ServerCertVerified::assertion());
        }
        by_alternative_name().map(|()| ServerCertVerified::assertion())
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(Authorities { chain, pinned }) = &self.authorities else {
            return Ok(ServerCertVerified::assertion());
        };
        if pinned.iter().any(|root| root == end_entity) {
            in_force(end_entity, now)?;
            return self.named(end_entity, server_name);
        }
        let verified =
            chain.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is looked at last, after chain, validity and revocation.
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                self.named(end_entity, server_name)
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        if let (Err(_), Ok(old)) =
            (ParsedCertificate::try_from(certificate), Certificate::from_der(certificate))
        {
            // X.509 version 1: only the key in it is needed.
            let key = old.tbs_certificate.subject_public_key_info.to_der();
            let key = key.map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
            let key = SubjectPublicKeyInfoDer::from(key);
            return verify_tls13_signature_with_raw_key(message, &key, signature, algorithms);
        }
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Whether the certificate is valid at this time.
fn in_force(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let certificate = Certificate::from_der(certificate)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let validity = certificate.tbs_certificate.validity;
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    Ok(())
}

/// Whether the certificate names the host in its common name, which counts only when it has no
/// subject alternative names.
fn has_common_name(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else { return false };
    let certificate = certificate.tbs_certificate;
    let mut extensions = certificate.extensions.iter().flatten();
    if extensions.any(|extension| extension.extn_id == SUBJECT_ALTERNATIVE_NAME) {
        return false;
    }
    let mut attributes = certificate.subject.0.iter().flat_map(|names| names.0.iter());
    let common_name = attributes.find(|attribute| attribute.oid == COMMON_NAME);
    let Some(Ok(common_name)) = common_name.map(|name| std::str::from_utf8(name.value.value()))
    else {
        return false;
    };
    match name {
        ServerName::DnsName(host) => host_matches(common_name, host.as_ref()),
        ServerName::IpAddress(_) => name.to_str() == common_name,
        _ => false,
    }
}

/// Whether a name in a certificate covers the host, by libpq's rule: a `*` may stand for the
/// whole first label.
fn host_matches(pattern: &str, host: &str) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    match (pattern.strip_prefix("*."), host.split_once('.')) {
        (Some(domain), Some((label, rest))) => {
            !label.is_empty() && domain.eq_ignore_ascii_case(rest)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_one_label() {
        for (pattern, host, matches) in [
            ("db.example.org", "DB.example.org", true),
            ("*.example.org", "db.Example.org", true),
            ("*.example.org", "a.db.example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.example.org", "example.org", false),
            ("d*.example.org", "db.example.org", false),
            ("*", "db", false),
        ] {
            assert_eq!(host_matches(pattern, host), matches, "{pattern} {host}");
        }
    }
}
