-- Enumeration types.
-- Only if: FROM pg_type WHERE typtype = 'e'
SELECT t.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       t.typname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(t.typowner)::text AS owner,
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e
             WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) AS labels,
       {privileges(t.typacl; acldefault('T', t.typowner); t.typowner)} AS privileges
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e'
  AND {wanted(n)}
  AND {not_of_extension('pg_type', t.oid)}
