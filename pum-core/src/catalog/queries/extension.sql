-- Extensions.
-- Only if: FROM pg_extension WHERE extname <> 'plpgsql'
SELECT ''::text AS schema,
       NULL::text AS parent,
       e.extname::text AS name,
       NULL::text AS arguments,
       n.nspname::text AS schema,
       e.extversion AS version,
       {comment('pg_extension', e.oid)} AS comment
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
-- Every new database has it, and pg_dump leaves it out.
WHERE e.extname <> 'plpgsql'
