-- Transforms.
-- Only if: FROM pg_transform WHERE oid >= 16384
SELECT t.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       'FOR ' || format_type(t.trftype, NULL) || ' LANGUAGE ' || {name(l.lanname)} AS name,
       NULL::text AS arguments,
       {function(t.trffromsql)} AS from_sql,
       {function(t.trftosql)} AS to_sql
FROM pg_transform t
JOIN pg_language l ON l.oid = t.trflang
WHERE t.oid >= 16384
  AND {not_of_extension('pg_transform', t.oid)}
