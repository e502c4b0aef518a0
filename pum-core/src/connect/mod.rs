//! From a service name, conninfo string or URI to an open, guarded session.
