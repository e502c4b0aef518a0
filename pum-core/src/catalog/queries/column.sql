-- Columns of tables and views, attributes of composite types.
SELECT (a.attrelid || '.' || a.attnum)::text AS address,
       n.nspname::text AS schema,
       c.relname::text AS parent,
       a.attname::text AS name,
       NULL::text AS arguments,
       CASE WHEN a.attrelid IN (SELECT g.attrelid FROM pg_attribute g WHERE g.attisdropped)
            THEN (SELECT count(*) FROM pg_attribute g
                  WHERE g.attrelid = a.attrelid AND g.attnum BETWEEN 1 AND a.attnum
                    AND NOT g.attisdropped)
            ELSE a.attnum END AS position,
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
       CASE WHEN a.attidentity <> ''
            THEN {letter(a.attidentity; a always; d by default)} END AS identity,
       CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END AS generated,
       CASE WHEN a.attgenerated <> '' THEN {letter(a.attgenerated; s f; v t)} END AS generated_virtual,
       CASE WHEN a.attstorage <> t.typstorage
            THEN {letter(a.attstorage; p plain; e external; m main; x extended)} END AS storage,
       {since 14: CASE WHEN a.attcompression <> ''
                       THEN {letter(a.attcompression; p pglz; l lz4)} END} AS compression,
       nullif(a.attstattarget, -1)::bigint AS statistics_target,
       -- pg_attver is a counter that minor releases since 15.20 keep there for themselves; their
       -- pg_dump leaves it out too.
       CASE WHEN a.attoptions IS NOT NULL OR a.attfdwoptions IS NOT NULL
            THEN ARRAY(SELECT o FROM unnest(a.attoptions || a.attfdwoptions) o
                       WHERE NOT starts_with(o, 'pg_attver=')
                       ORDER BY o COLLATE "C") END AS options,
       NOT a.attislocal AS inherited,
       cd.description AS comment,
       {privileges(a.attacl; acldefault('c', c.relowner); c.relowner)} AS privileges
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_description cd ON cd.classoid = 'pg_class'::regclass AND cd.objoid = a.attrelid
                           AND cd.objsubid = a.attnum
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relkind NOT IN ('i', 'I', 'S', 't')
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
  -- Of a composite type it is the type that is a member.
  AND {not_of_extension('pg_type', c.reltype)}
