-- Text search dictionaries.
-- Only if: FROM pg_ts_dict WHERE dictnamespace <> 'pg_catalog'::regnamespace
SELECT d.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       d.dictname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(d.dictowner)::text AS owner,
       {name(tn.nspname, t.tmplname)} AS template,
       d.dictinitoption AS options
FROM pg_ts_dict d
JOIN pg_namespace n ON n.oid = d.dictnamespace
JOIN pg_ts_template t ON t.oid = d.dicttemplate
JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_ts_dict', d.oid)}
