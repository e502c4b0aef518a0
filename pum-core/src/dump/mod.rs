//! Backups, restores and copies with `pg_dump` and `pg_restore`, which are chosen by version.
//!
//! A dump is written under a temporary name, readable only by its owner, read back completely, and
//! then renamed, so a file with the final name is always complete. A [`Manifest`] next to it has
//! its checksum and the properties that a dump does not contain. A restore creates a new database
//! from `template0` under a temporary name and renames it when it is complete.

mod analyze;
mod archive;
mod backup;
mod check;
mod clone;
mod cluster;
mod cluster_backup;
mod cluster_manifest;
mod cluster_restore;
mod contents;
mod database;
mod databases;
mod destination;
mod dump_input;
mod error;
mod format;
mod globals;
mod initial_objects;
mod manifest;
mod origin;
mod own_database;
mod partial_file;
mod pipe;
mod populate;
mod prepare;
mod prerequisites;
mod program;
mod properties;
mod restore;
mod restore_errors;
mod restore_options;
mod retention;
mod roles;
mod schema_pattern;
mod server_progress;
mod server_settings;
mod stream;
mod tables;
mod template;
mod temporary_database;
mod toc;
mod tools;
mod vulnerable;

pub use archive::{DumpOptions, DumpReport, dump};
pub use backup::{BackupOptions, BackupReport, backup};
pub use check::{FileSum, check, format_of};
pub use clone::{CloneOptions, CloneReport, clone};
pub use cluster::{ClusterReport, DatabaseOutcome, clone_cluster};
pub use cluster_backup::{ClusterBackupOptions, ClusterBackupReport, backup_cluster};
pub use cluster_manifest::{ClusterDatabase, ClusterManifest, ClusterRole, Tablespace};
pub use cluster_restore::{
    ClusterRestoreOptions, ClusterRestoreReport, RestoredDatabase, restore_cluster,
};
pub use database::{create_empty, is_empty, maintenance_session, open_if_exists};
pub use databases::{
    ConnectAccess, ConnectChange, DatabaseUse, change_connect_access, create_database,
    database_use, drop_database,
};
pub use destination::Allow;
pub(crate) use destination::free_space;
pub use error::DumpError;
pub use format::{Compression, Format};
pub use globals::Globals;
pub use initial_objects::InitialObjects;
pub use manifest::{ExcludedData, Manifest, TableSize, UpgradesVersion};
pub use origin::Origin;
pub(crate) use own_database::OwnDatabase;
pub(crate) use prerequisites::scratch_roles_in_script;
pub use properties::{DISPOSABLE, DatabaseProperties, Grant, RoleSetting};
pub use restore::{RestoreReport, restore};
pub use restore_errors::IgnoredError;
pub use restore_options::RestoreOptions;
pub use retention::{name_for, name_for_cluster, prune, prune_clusters};
pub(crate) use roles::roles_named_by_or;
pub use roles::{
    Role, RoleAttribute, create_roles, create_scratch_roles, grant_create, missing_roles,
    roles_named_by,
};
pub use server_settings::{FileSettings, LeftSetting, ServerSettings, WhyLeft};
pub(crate) use temporary_database::{drop_disposable, name_beside, refuse_in_use};
pub use tools::{ToolOverrides, Tools};
pub use vulnerable::Vulnerability;
