-- Constraints of tables and domains. The copies that partitions get of their parent's foreign keys have
-- a parent constraint: the parent explains them. So it does those with an index, but for their names.
SELECT con.oid AS oid,
       ic.oid AS index,
       -- Of these pum composes the definition of a key. Where there is more in it, the server does.
       con.conrelid AS relation,
       CASE WHEN p.plain THEN con.contype END AS key_type,
       con.conkey AS columns,
       con.confrelid AS referenced,
       con.confkey AS referenced_columns,
       con.confmatchtype AS match_type,
       con.confupdtype AS update_action,
       con.confdeltype AS delete_action,
       con.condeferrable AS is_deferrable,
       con.condeferred AS is_deferred,
       -- Also with NOT VALID, which has a column of its own.
       CASE WHEN NOT p.plain THEN pg_get_constraintdef(con.oid) END AS server_definition,
       n.nspname AS schema,
       c.relname AS parent,
       con.conname AS name,
       NULL AS arguments,
       {letter(con.contype; p primary key; u unique; f foreign key; c check; x exclusion)} AS constraint_type,
       con.convalidated {since 18: OR NOT con.conenforced else OR false} AS validated,
       NOT con.conislocal AS inherited,
       -- The key of a partition can belong to that of the partitioned table, or to a plain index of it.
       CASE WHEN ic.relispartition THEN coalesce(
       (SELECT {name(pn.nspname, pc.relname, p.conname)}
        FROM pg_constraint p
        JOIN pg_class pc ON pc.oid = p.conrelid
        JOIN pg_namespace pn ON pn.oid = pc.relnamespace
        WHERE p.oid = con.conparentid),
       (SELECT {name(hn.nspname, hc.relname)}
        FROM pg_inherits h
        JOIN pg_class hc ON hc.oid = h.inhparent
        JOIN pg_namespace hn ON hn.oid = hc.relnamespace
        WHERE h.inhrelid = ic.oid)) END AS partition_of,
       CASE WHEN ic.reloptions IS NOT NULL
            THEN ARRAY(SELECT o FROM unnest(ic.reloptions) o ORDER BY o COLLATE "C") END AS storage_parameters,
       {tablespace(ic)} AS tablespace
FROM pg_constraint con
JOIN pg_class c ON c.oid = con.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
-- A foreign key names an index too: that of the table that it refers to.
LEFT JOIN pg_class ic ON ic.oid = con.conindid AND con.contype IN ('p', 'u', 'x')
LEFT JOIN pg_index i ON i.indexrelid = ic.oid
CROSS JOIN LATERAL (
    SELECT CASE WHEN con.contype = 'f' THEN {since 15: con.confdelsetcols IS NULL else true}
                WHEN con.contype IN ('p', 'u')
                THEN i.indnatts = i.indnkeyatts AND {since 15: NOT i.indnullsnotdistinct else true}
                ELSE false END
           AND {since 18: con.conenforced AND NOT con.conperiod else true} AS plain) p
-- Not null (n) is an attribute of its column, a constraint trigger (t) is a trigger.
WHERE con.contype NOT IN ('n', 't')
  AND (con.conparentid = 0 OR con.contype IN ('p', 'u', 'x')
       -- ... but not what was said of a copy alone.
       OR con.oid IN (SELECT x.objoid FROM pg_description x
                      WHERE x.classoid = 'pg_constraint'::regclass))
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
UNION ALL
SELECT con.oid,
       NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
       pg_get_constraintdef(con.oid),
       n.nspname,
       t.typname,
       con.conname,
       NULL,
       {letter(con.contype; c check)},
       con.convalidated,
       false,
       NULL,
       NULL,
       NULL
FROM pg_constraint con
JOIN pg_type t ON t.oid = con.contypid
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE con.conrelid = 0
  AND con.contype NOT IN ('n', 't')
  AND {wanted(n)}
  AND {not_of_extension('pg_type', t.oid)}
