-- Collations whose rules changed under the indexes that are sorted by them: "Collation Support",
-- pg_collation_actual_version. Only what a column, index or type uses is looked at.
SELECT * FROM (
SELECT 'finding',
       format('collation %I.%I', n.nspname, c.collname) AS object,
       format('was of version %s, and the system has %s: indexes sorted by it may miss rows',
              c.collversion, pg_collation_actual_version(c.oid)),
       format('REINDEX what is sorted by it, then ALTER COLLATION %I.%I REFRESH VERSION;',
              n.nspname, c.collname)
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
WHERE c.collversion IS NOT NULL
  AND c.collversion <> pg_collation_actual_version(c.oid)
  AND (c.oid IN (SELECT attcollation FROM pg_attribute)
       OR c.oid IN (SELECT unnest(indcollation) FROM pg_index)
       OR c.oid IN (SELECT unnest(partcollation) FROM pg_partitioned_table)
       OR c.oid IN (SELECT rngcollation FROM pg_range)
       OR c.oid IN (SELECT typcollation FROM pg_type))
{since 15: UNION ALL
SELECT 'finding',
       format('database %I', d.datname),
       format('was made with collation version %s, and the system has %s: indexes on text may miss rows',
              d.datcollversion, pg_database_collation_actual_version(d.oid)),
       format('REINDEX DATABASE %I; ALTER DATABASE %I REFRESH COLLATION VERSION;', d.datname, d.datname)
FROM pg_database d
WHERE d.datname = current_database()
  AND d.datcollversion <> pg_database_collation_actual_version(d.oid) else }
) found
ORDER BY object
