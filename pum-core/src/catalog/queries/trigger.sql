-- Triggers of users: no internal ones, and of the copies that partitions got only those
-- that are enabled or disabled otherwise than the parent's.
-- Only if: FROM pg_trigger
SELECT t.oid AS oid,
       n.nspname::text AS schema,
       c.relname::text AS parent,
       t.tgname::text AS name,
       NULL::text AS arguments,
       pg_get_triggerdef(t.oid) AS definition,
       {letter(t.tgenabled; O origin; D disabled; R replica; A always)} AS enabled,
       {extensions('pg_trigger', t.oid)} AS extensions
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
{since 13: LEFT JOIN pg_trigger parent ON parent.oid = t.tgparentid
WHERE (NOT t.tgisinternal AND t.tgparentid = 0 OR t.tgenabled <> parent.tgenabled)
      else WHERE NOT t.tgisinternal}
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
