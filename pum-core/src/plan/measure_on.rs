use std::time::Duration;

use crate::connect::Settings;

/// On what ways are measured, and for how long.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct MeasureOn<'a> {
    /// The copy with rows. The server makes databases of it (`CREATE DATABASE … TEMPLATE`), so it must have
    /// no other sessions; it stays as it is.
    pub copy: &'a Settings,
    /// Who makes and drops these databases, if not the role of `copy`: a superuser.
    pub superuser: Option<&'a Settings>,
    /// No longer than this in all.
    pub within: Duration,
}

impl<'a> MeasureOn<'a> {
    /// A copy with rows, and how long it may take in all.
    pub fn new(copy: &'a Settings, within: Duration) -> Self {
        Self { copy, superuser: None, within }
    }
}
