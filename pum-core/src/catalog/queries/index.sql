-- Indexes, without those that a primary key, unique or exclusion constraint made.
SELECT c.oid AS oid,
       -- Of these pum composes the definition. Where there is more in it, the server does.
       i.indrelid AS relation,
       CASE WHEN p.plain THEN am.amname END AS method,
       i.indisunique AS is_unique,
       c.relkind = 'I' AS is_partitioned,
       i.indkey AS keys,
       i.indclass AS operator_classes,
       i.indcollation AS collations,
       i.indoption AS orders,
       CASE WHEN p.plain THEN pg_get_expr(i.indpred, i.indrelid) END AS predicate,
       -- A call of a function, and how its node begins: with what it returns.
       CASE WHEN p.plain THEN pg_get_expr(i.indexprs, i.indrelid) END AS expression,
       CASE WHEN p.plain THEN left(i.indexprs::text, 200) END AS node,
       CASE WHEN NOT p.plain THEN pg_get_indexdef(c.oid) END AS server_definition,
       n.nspname AS schema,
       t.relname AS parent,
       c.relname AS name,
       NULL AS arguments,
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
       {extensions('pg_class', c.oid)} AS extensions
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am am ON am.oid = c.relam
CROSS JOIN LATERAL (
    -- No expression but a call of a function, no columns that are only included, no parameters of the index or of an
    -- operator class: these two access methods have none of the latter.
    SELECT (i.indexprs IS NULL OR substr(i.indexprs::text, 3, 9) = 'FUNCEXPR ') AND i.indnatts = i.indnkeyatts AND c.reloptions IS NULL
           AND am.amname IN ('btree', 'hash')
           AND {since 15: NOT i.indnullsnotdistinct else true} AS plain) p
WHERE t.relkind IN ('r', 'p', 'm')
  AND {wanted(n)}
  AND {not_of_extension('pg_class', t.oid)}
  AND NOT EXISTS (SELECT FROM pg_constraint con
                  WHERE con.conindid = c.oid AND con.contype IN ('p', 'u', 'x'))
