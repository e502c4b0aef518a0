-- Triggers that somebody made: no internal ones, no copies that partitions got.
SELECT n.nspname::text AS schema,
       c.relname::text AS parent,
       t.tgname::text AS name,
       NULL::text AS arguments,
       pg_get_triggerdef(t.oid) AS definition,
       CASE t.tgenabled WHEN 'O' THEN 'origin' WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica'
            ELSE 'always' END AS enabled,
       obj_description(t.oid, 'pg_trigger') AS comment
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal
  AND {since 13: t.tgparentid = 0 else true}
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
