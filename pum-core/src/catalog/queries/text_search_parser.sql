-- Text search parsers.
-- Only if: FROM pg_ts_parser WHERE prsnamespace <> 'pg_catalog'::regnamespace
SELECT p.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       p.prsname::text AS name,
       NULL::text AS arguments,
       {function(p.prsstart)} AS start,
       {function(p.prstoken)} AS get_token,
       {function(p.prsend)} AS "end",
       {function(p.prsheadline)} AS headline,
       {function(p.prslextype)} AS token_types
FROM pg_ts_parser p
JOIN pg_namespace n ON n.oid = p.prsnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_ts_parser', p.oid)}
