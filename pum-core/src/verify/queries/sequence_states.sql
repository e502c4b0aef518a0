-- Where sequences stand: "pg_sequence", and what the view pg_sequences shows.
SELECT format('%I.%I', n.nspname, c.relname),
       r.can_read,
       coalesce(r.last_value, s.seqstart),
       r.last_value IS NOT NULL
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT p.can_read, CASE WHEN p.can_read THEN pg_sequence_last_value(c.oid) END AS last_value
    FROM (SELECT has_sequence_privilege(c.oid, 'SELECT, USAGE')
                 AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery()) AS can_read) p
) r
WHERE c.relpersistence <> 't'
ORDER BY 1
