-- What has storage: tables, materialized views, their TOAST tables and indexes. For what a dump
-- would read, the output function of each column, as "COPY TO" calls it; a virtual column is not
-- stored. Values of a few types cannot be wrong and need not be detoasted.
SELECT c.oid,
       format('%I.%I', n.nspname, c.relname),
       c.relkind,
       c.relpersistence,
       greatest(c.relpages, 0),
       coalesce(m.amname, ''),
       coalesce(o.oid, i.indrelid)::regclass::text,
       n.nspname IN ('pg_catalog', 'information_schema'),
       coalesce(i.indisvalid AND i.indisready AND i.indislive, c.relkind <> 'm' OR c.relispopulated),
       CASE WHEN c.relkind = 'i' THEN has_table_privilege(i.indrelid, 'SELECT')
            ELSE has_table_privilege(c.oid, 'SELECT') END,
       coalesce(i.indisunique, false),
       CASE WHEN c.relkind IN ('r', 'm') AND (n.nspname NOT IN ('pg_catalog', 'information_schema')
                                              OR c.relname = 'pg_largeobject')
            THEN coalesce(k.columns, '') END
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am m ON m.oid = c.relam
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_class o ON o.reltoastrelid = coalesce(i.indrelid, c.oid)
     AND (c.relkind = 't' OR i.indexrelid IS NOT NULL)
LEFT JOIN (SELECT a.attrelid, string_agg({column}, {separator} ORDER BY a.attname) AS columns
           FROM pg_attribute a
           JOIN pg_type y ON y.oid = a.atttypid
           JOIN pg_proc f ON f.oid = y.typoutput
           JOIN pg_namespace fn ON fn.oid = f.pronamespace
           WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v' AND {wanted}
           GROUP BY a.attrelid) k ON k.attrelid = c.oid
WHERE c.relkind IN ('r', 'm', 't', 'i', 'f')
ORDER BY 5 DESC, 1
