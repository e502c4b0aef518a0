-- Rules, without the one that makes a view.
-- Only if: FROM pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'
SELECT r.oid AS oid,
       n.nspname::text AS schema,
       c.relname::text AS parent,
       r.rulename::text AS name,
       NULL::text AS arguments,
       pg_get_ruledef(r.oid) AS definition,
       {letter(r.ev_enabled; O origin; D disabled; R replica; A always)} AS enabled
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN'
  AND {part(r.oid)}
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
