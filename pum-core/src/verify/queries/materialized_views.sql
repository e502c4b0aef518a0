-- Materialized views without data, which cannot be read: "pg_class", relispopulated.
SELECT 'finding',
       format('materialized view %I.%I', n.nspname, c.relname),
       'is not populated: it cannot be read',
       format('REFRESH MATERIALIZED VIEW %I.%I;', n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND NOT c.relispopulated
ORDER BY 2
