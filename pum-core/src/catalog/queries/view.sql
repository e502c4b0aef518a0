-- Views and materialized views.
SELECT n.nspname::text AS schema,
       NULL::text AS parent,
       c.relname::text AS name,
       NULL::text AS arguments,
       CASE c.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END AS relation,
       pg_get_userbyid(c.relowner)::text AS owner,
       pg_get_viewdef(c.oid) AS definition,
       ARRAY(SELECT o FROM unnest(c.reloptions) o ORDER BY 1) AS options,
       (SELECT a.amname::text FROM pg_am a WHERE a.oid = c.relam) AS access_method,
       {tablespace(c)} AS tablespace,
       (SELECT ic.relname::text
        FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND i.indisclustered) AS clustered_on,
       {extensions('pg_class', c.oid)} AS extensions,
       obj_description(c.oid, 'pg_class') AS comment,
       {privileges(c.relacl, 'r', c.relowner)} AS privileges
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm')
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
