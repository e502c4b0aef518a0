-- Extended statistics.
-- Only if: FROM pg_statistic_ext
SELECT s.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       s.stxname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(s.stxowner)::text AS owner,
       {name(tn.nspname, t.relname)} AS "table",
       pg_get_statisticsobjdef(s.oid) AS definition,
       {since 13: nullif(s.stxstattarget, -1)::bigint else NULL::bigint} AS statistics_target
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
JOIN pg_class t ON t.oid = s.stxrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_class', t.oid)}
  AND {not_of_extension('pg_statistic_ext', s.oid)}
