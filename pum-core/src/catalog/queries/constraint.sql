-- Constraints of tables and domains. The copies that partitions get of their parent's foreign keys have
-- a parent constraint: the parent explains them. So it does those with an index, but for their names.
SELECT (con.oid)::text AS address,
       n.nspname::text AS schema,
       c.relname::text AS parent,
       con.conname::text AS name,
       NULL::text AS arguments,
       {letter(con.contype; p primary key; u unique; f foreign key; c check; x exclusion)} AS constraint_type,
       -- Whether it is validated has a column of its own.
       regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', '') AS definition,
       con.convalidated {since 18: OR NOT con.conenforced else OR false} AS validated,
       NOT con.conislocal AS inherited,
       CASE WHEN con.conparentid <> 0 AND con.contype IN ('p', 'u', 'x') THEN (SELECT {name(pn.nspname, pc.relname, p.conname)}
        FROM pg_constraint p
        JOIN pg_class pc ON pc.oid = p.conrelid
        JOIN pg_namespace pn ON pn.oid = pc.relnamespace
        WHERE p.oid = con.conparentid) END AS partition_of,
       ARRAY(SELECT o FROM unnest(ic.reloptions) o ORDER BY o COLLATE "C") AS storage_parameters,
       {tablespace(ic)} AS tablespace,
       {comment('pg_class', ic.oid)} AS index_comment,
       {comment('pg_constraint', con.oid)} AS comment
FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
-- A foreign key names an index too: that of the table that it refers to.
LEFT JOIN pg_class ic ON ic.oid = con.conindid AND con.contype IN ('p', 'u', 'x')
-- Not null (n) is an attribute of its column, a constraint trigger (t) is a trigger.
WHERE con.contype NOT IN ('n', 't')
  AND (con.conparentid = 0 OR con.contype IN ('p', 'u', 'x')
       -- ... but not what was said of a copy alone.
       OR con.oid IN (SELECT x.objoid FROM pg_description x
                      WHERE x.classoid = 'pg_constraint'::regclass))
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
UNION ALL
SELECT (con.oid)::text,
       n.nspname::text,
       t.typname::text,
       con.conname::text,
       NULL,
       {letter(con.contype; c check)},
       regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', ''),
       con.convalidated,
       false,
       NULL,
       '{}',
       NULL,
       NULL,
       {comment('pg_constraint', con.oid)}
FROM pg_constraint con
JOIN pg_type t ON t.oid = con.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE con.conrelid = 0
  AND con.contype NOT IN ('n', 't')
  AND {wanted(n)}
  AND {not_of_extension('pg_type', t.oid)}
