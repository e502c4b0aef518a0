-- How far the counters of transactions are from their end: "Preventing Transaction ID Wraparound
-- Failures". Of about 2.1 billion, vacuum takes to extremes at 1.6 billion (vacuum_failsafe_age).
SELECT CASE WHEN x.age >= 1600000000 THEN 'finding' ELSE 'note' END,
       format('database %I', d.datname),
       format('its oldest %s is %s old: the server stops at about 2.1 billion', x.what, x.age),
       'find what holds vacuum back (old transactions, replication slots, prepared transactions), then VACUUM (FREEZE);'
FROM pg_database d
CROSS JOIN LATERAL (VALUES
    ('transaction', age(d.datfrozenxid)::bigint, current_setting('autovacuum_freeze_max_age')::bigint),
    ('multixact', mxid_age(d.datminmxid)::bigint,
     current_setting('autovacuum_multixact_freeze_max_age')::bigint)
) x (what, age, limit_age)
WHERE d.datname = current_database()
  AND (x.age >= 1600000000 OR x.age >= 2 * x.limit_age)
