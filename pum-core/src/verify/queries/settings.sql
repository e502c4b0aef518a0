-- Settings with which a crash, or a bad disk, costs data: "Error Handling", "Write Ahead Log",
-- "Developer Options", "Automatic Vacuuming".
SELECT r.severity, format('setting %s', s.name), format('is %s: %s', s.setting, r.why),
       CASE WHEN s.name IN ('zero_damaged_pages', 'ignore_checksum_failure', 'ignore_system_indexes')
            THEN format('set it to %s where it is set (%s)', r.good, s.source)
            ELSE format('ALTER SYSTEM SET %s = %s; SELECT pg_reload_conf();', s.name, r.good) END
FROM pg_settings s
JOIN (VALUES
    ('fsync', 'on', 'finding', 'a crash of the machine can destroy the whole server'),
    ('full_page_writes', 'on', 'finding', 'a crash of the machine can leave pages half written'),
    ('zero_damaged_pages', 'off', 'finding', 'damaged pages are emptied instead of reported'),
    ('ignore_checksum_failure', 'off', 'finding', 'damaged pages are used instead of reported'),
    ('ignore_invalid_pages', 'off', 'finding', 'recovery goes on over damage'),
    ('ignore_system_indexes', 'off', 'finding', 'catalogs are read without their indexes'),
    ('autovacuum', 'on', 'note', 'tables grow, and statistics age, until they are vacuumed'),
    ('track_counts', 'on', 'note', 'autovacuum does not know what to do'),
    ('synchronous_commit', 'on', 'note', 'the last commits before a crash can be lost')
) r (name, good, severity, why) ON r.name = s.name
WHERE s.reset_val = CASE r.good WHEN 'on' THEN 'off' ELSE 'on' END
ORDER BY 1, 2
