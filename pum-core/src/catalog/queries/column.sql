-- Columns of tables and views.
SELECT n.nspname::text AS schema,
       c.relname::text AS parent,
       a.attname::text AS name,
       NULL::text AS arguments,
       format_type(a.atttypid, a.atttypmod) AS data_type,
       CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
            THEN (SELECT {name(cn.nspname, co.collname)}
                  FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
                  WHERE co.oid = a.attcollation)
       END AS collation,
       a.attnotnull AS not_null,
       {since 18: (SELECT nullif(concat_ws(', ', CASE WHEN NOT nn.convalidated THEN 'not valid' END,
                                             CASE WHEN nn.connoinherit THEN 'no inherit' END), '')
                   FROM pg_constraint nn
                   WHERE nn.conrelid = c.oid AND nn.contype = 'n' AND nn.conkey = ARRAY[a.attnum])}
           AS not_null_form,
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS "default",
       CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END AS identity,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
       a.attgenerated = 'v' AS generated_virtual,
       CASE WHEN a.attstorage <> t.typstorage
            THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
                      WHEN 'm' THEN 'main' ELSE 'extended' END
       END AS storage,
       {since 14: CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END}
           AS compression,
       nullif(a.attstattarget, -1)::bigint AS statistics_target,
       -- pg_attver is a counter that minor releases since 15.20 keep there for themselves; their
       -- pg_dump leaves it out too.
       ARRAY(SELECT o FROM unnest(a.attoptions) o WHERE NOT starts_with(o, 'pg_attver=')
             UNION ALL
             SELECT o FROM unnest(a.attfdwoptions) o
             ORDER BY 1) AS options,
       NOT a.attislocal AS inherited,
       col_description(c.oid, a.attnum) AS comment,
       CASE WHEN a.attacl IS NULL THEN '{}'::text[]
            ELSE {privileges(a.attacl, 'c', c.relowner)} END AS privileges
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
