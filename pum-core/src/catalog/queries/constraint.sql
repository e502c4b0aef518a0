-- Constraints of tables. The copies that partitions get of their parent's foreign keys and of
-- the constraints behind its indexes have a parent constraint: the parent explains them.
SELECT n.nspname::text AS schema,
       c.relname::text AS parent,
       con.conname::text AS name,
       NULL::text AS arguments,
       CASE con.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique'
            WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' ELSE 'exclusion'
       END AS constraint_type,
       -- Whether it is validated has a column of its own.
       regexp_replace(pg_get_constraintdef(con.oid), ' NOT VALID$', '') AS definition,
       con.convalidated {since 18: OR NOT con.conenforced else OR false} AS validated,
       NOT con.conislocal AS inherited,
       ARRAY(SELECT o FROM unnest(ic.reloptions) o ORDER BY 1) AS storage_parameters,
       {tablespace(ic)} AS tablespace,
       obj_description(ic.oid, 'pg_class') AS index_comment,
       obj_description(con.oid, 'pg_constraint') AS comment
FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
-- A foreign key names an index too: that of the table that it refers to.
LEFT JOIN pg_class ic ON ic.oid = con.conindid AND con.contype IN ('p', 'u', 'x')
WHERE con.contype IN ('p', 'u', 'f', 'c', 'x')
  AND con.conparentid = 0
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
