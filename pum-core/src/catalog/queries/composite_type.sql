-- Composite types that are not the row type of a table or view.
-- Only if: FROM pg_class WHERE relkind = 'c'
SELECT t.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       t.typname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(t.typowner)::text AS owner,
       {privileges(t.typacl; acldefault('T', t.typowner); t.typowner)} AS privileges
FROM pg_type t
JOIN pg_class c ON c.oid = t.typrelid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'c'
  AND c.relkind = 'c'
  AND {wanted(n)}
  AND {not_of_extension('pg_type', t.oid)}
