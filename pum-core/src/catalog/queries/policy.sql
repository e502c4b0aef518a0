-- Row security policies.
-- Only if: FROM pg_policy
SELECT p.oid AS oid,
       n.nspname::text AS schema,
       c.relname::text AS parent,
       p.polname::text AS name,
       NULL::text AS arguments,
       CASE p.polcmd WHEN '*' THEN 'all'
            ELSE {letter(p.polcmd; r select; a insert; w update; d delete)} END AS command,
       p.polpermissive AS permissive,
       ARRAY(SELECT CASE WHEN r = 0 THEN 'PUBLIC' ELSE {name(pg_get_userbyid(r))} END COLLATE "C"
             FROM unnest(p.polroles) r ORDER BY 1) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS "using",
       pg_get_expr(p.polwithcheck, p.polrelid) AS with_check
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
