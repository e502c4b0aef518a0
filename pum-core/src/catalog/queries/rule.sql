-- Rules, without the one that makes a view.
SELECT n.nspname::text AS schema,
       c.relname::text AS parent,
       r.rulename::text AS name,
       NULL::text AS arguments,
       pg_get_ruledef(r.oid) AS definition,
       CASE r.ev_enabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica'
            ELSE 'always' END AS enabled,
       obj_description(r.oid, 'pg_rewrite') AS comment
FROM pg_rewrite r
JOIN pg_class c ON c.oid = r.ev_class
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE r.rulename <> '_RETURN'
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
