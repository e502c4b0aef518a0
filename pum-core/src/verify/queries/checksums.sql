-- Data checksums, and pages whose checksum was wrong: "Data Checksums", "pg_stat_database".
SELECT 'note', 'setting data_checksums',
       'is off: what a disk damages is found late, or never',
       'stop the server and run pg_checksums --enable'
FROM pg_settings s
WHERE s.name = 'data_checksums' AND s.setting <> 'on'
UNION ALL
SELECT 'finding',
       CASE WHEN d.datid = 0 THEN 'the catalogs that all databases share'
            ELSE format('database %I', d.datname) END,
       format('%s pages had a wrong checksum, last at %s', d.checksum_failures, d.checksum_last_failure),
       'find them (pum verify --level standard) and restore them from a backup'
FROM pg_stat_database d
WHERE (d.datid = 0 OR d.datname = current_database()) AND d.checksum_failures > 0
