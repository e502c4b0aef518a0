-- Text search templates.
-- Only if: FROM pg_ts_template WHERE tmplnamespace <> 'pg_catalog'::regnamespace
SELECT t.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       t.tmplname::text AS name,
       NULL::text AS arguments,
       {function(t.tmplinit)} AS init,
       {function(t.tmpllexize)} AS lexize
FROM pg_ts_template t
JOIN pg_namespace n ON n.oid = t.tmplnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_ts_template', t.oid)}
