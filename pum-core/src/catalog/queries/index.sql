-- Indexes, without those that a primary key, unique or exclusion constraint made.
SELECT (c.oid)::text AS address,
       n.nspname::text AS schema,
       t.relname::text AS parent,
       c.relname::text AS name,
       NULL::text AS arguments,
       pg_get_indexdef(c.oid) AS definition,
       i.indisvalid AS valid,
       CASE WHEN c.relispartition THEN (SELECT {name(pn.nspname, p.relname)}
        FROM pg_inherits h
        JOIN pg_class p ON p.oid = h.inhparent
        JOIN pg_namespace pn ON pn.oid = p.relnamespace
        WHERE h.inhrelid = c.oid) END AS partition_of,
       -- Only expressions have one.
       CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(SELECT a.attnum || ': ' || a.attstattarget
             FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attstattarget >= 0
             ORDER BY a.attnum) END AS statistics_targets,
       {tablespace(c)} AS tablespace,
       {extensions('pg_class', c.oid)} AS extensions,
       {comment('pg_class', c.oid)} AS comment
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE t.relkind IN ('r', 'p', 'm')
  AND {wanted(n)}
  AND {not_of_extension('pg_class', t.oid)}
  AND NOT EXISTS (SELECT FROM pg_constraint con
                  WHERE con.conindid = c.oid AND con.contype IN ('p', 'u', 'x'))
