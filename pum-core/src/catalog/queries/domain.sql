-- Domains.
-- Only if: FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'd' AND {wanted(n)}
SELECT t.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       t.typname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(t.typowner)::text AS owner,
       format_type(t.typbasetype, t.typtypmod) AS data_type,
       CASE WHEN t.typcollation <> 0 AND t.typcollation <> b.typcollation
            THEN {collation(t.typcollation)} END AS collation,
       t.typnotnull AS not_null,
       coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)) AS "default",
       {privileges(t.typacl; acldefault('T', t.typowner); t.typowner)} AS privileges
FROM pg_type t
JOIN pg_type b ON b.oid = t.typbasetype
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'd'
  AND {wanted(n)}
  AND {not_of_extension('pg_type', t.oid)}
