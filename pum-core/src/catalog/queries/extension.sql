-- Extensions.
-- Only if: FROM pg_extension WHERE extname <> 'plpgsql'
SELECT e.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       e.extname::text AS name,
       NULL::text AS arguments,
       n.nspname::text AS schema,
       e.extversion AS version,
       a.default_version::text AS default_version,
       NOT e.extrelocatable AS not_relocatable
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN pg_available_extensions() a ON a.name = e.extname
-- Every new database has it, and pg_dump leaves it out.
WHERE e.extname <> 'plpgsql'
