-- Views and materialized views.
-- Only if: FROM pg_class WHERE oid >= 16384 AND relkind IN ('v', 'm')
SELECT c.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       c.relname::text AS name,
       NULL::text AS arguments,
       {letter(c.relkind; v view; m materialized view)} AS relation,
       pg_get_userbyid(c.relowner)::text AS owner,
       pg_get_viewdef(c.oid) AS definition,
       ARRAY(SELECT o FROM unnest(c.reloptions) o ORDER BY o COLLATE "C") AS options,
       (SELECT a.amname::text FROM pg_am a WHERE a.oid = c.relam) AS access_method,
       {tablespace(c)} AS tablespace,
       (SELECT ic.relname::text
        FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND i.indisclustered) AS clustered_on,
       {extensions('pg_class', c.oid)} AS extensions,
       {privileges(c.relacl; acldefault('r', c.relowner); c.relowner)} AS privileges
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm')
  AND {part(c.oid)}
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
