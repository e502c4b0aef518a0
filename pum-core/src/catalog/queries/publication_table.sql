-- Tables of publications.
-- Only if: FROM pg_publication_rel
SELECT pr.oid AS oid,
       ''::text AS schema,
       p.pubname::text AS parent,
       {name(n.nspname, c.relname)} AS name,
       NULL::text AS arguments,
       {since 15: ARRAY(SELECT a.attname::text COLLATE "C" FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attnum = ANY (pr.prattrs::smallint[])
                       ORDER BY 1) else '{}'::text[]} AS columns,
       {since 15: pg_get_expr(pr.prqual, pr.prrelid)} AS condition
FROM pg_publication_rel pr
JOIN pg_publication p ON p.oid = pr.prpubid
JOIN pg_class c ON c.oid = pr.prrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_publication', p.oid)}
