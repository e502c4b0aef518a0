-- Indexes that the planner does not use, or that miss rows: "pg_index", indisvalid and indisready.
SELECT CASE WHEN p.pid IS NULL THEN 'finding' ELSE 'note' END,
       format('index %I.%I of table %s', n.nspname, c.relname, i.indrelid::regclass),
       CASE WHEN NOT i.indislive THEN 'is being dropped'
            WHEN NOT i.indisready THEN 'is not ready: changes of the table do not reach it'
            ELSE 'is not valid: queries do not use it' END
         || CASE WHEN p.pid IS NOT NULL THEN format('; process %s is building it', p.pid) ELSE '' END,
       CASE WHEN p.pid IS NOT NULL THEN ''
            WHEN c.relkind = 'I'
            THEN format('ALTER INDEX %I.%I ATTACH PARTITION the index of each partition', n.nspname, c.relname)
            WHEN c.relname ~ '_cc(new|old)\d*$'
            THEN format('DROP INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname)
            ELSE format('REINDEX INDEX CONCURRENTLY %I.%I;', n.nspname, c.relname) END
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_progress_create_index p ON p.relid = i.indrelid AND p.datname = current_database()
     AND p.index_relid IN (0, i.indexrelid)
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)
  AND c.relpersistence <> 't'
UNION ALL
-- "pg_class", relreplident: the letter outlives the index.
SELECT CASE WHEN EXISTS (SELECT FROM pg_publication p
                         WHERE (p.pubupdate OR p.pubdelete)
                           AND (p.puballtables OR EXISTS (SELECT FROM pg_publication_rel r
                                                          WHERE r.prpubid = p.oid AND r.prrelid = c.oid)))
            THEN 'finding' ELSE 'note' END,
       format('table %I.%I', n.nspname, c.relname),
       'has an index as its replica identity that is gone: where its updates and deletes are published, they fail',
       format('ALTER TABLE %I.%I REPLICA IDENTITY DEFAULT;', n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relreplident = 'i'
  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident)
ORDER BY 2
