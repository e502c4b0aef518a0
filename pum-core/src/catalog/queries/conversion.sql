-- Conversions.
-- Only if: FROM pg_conversion WHERE connamespace <> 'pg_catalog'::regnamespace
SELECT co.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       co.conname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(co.conowner)::text AS owner,
       pg_encoding_to_char(co.conforencoding)::text AS source_encoding,
       pg_encoding_to_char(co.contoencoding)::text AS target_encoding,
       -- By name alone: every function of this kind got one more argument in 14.
       co.conproc::regproc::text AS function,
       co.condefault AS "default"
FROM pg_conversion co
JOIN pg_namespace n ON n.oid = co.connamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_conversion', co.oid)}
