-- Triggers, event triggers and rules that are switched off: "pg_trigger", tgenabled. Those that
-- enforce foreign keys are internal, and cannot be named.
SELECT * FROM (
SELECT CASE t.tgenabled WHEN 'D' THEN 'finding' ELSE 'note' END,
       CASE WHEN t.tgisinternal
            THEN format('constraint %I of table %s', k.conname, k.conrelid::regclass)
            ELSE format('trigger %I of table %s', t.tgname, t.tgrelid::regclass) END AS object,
       CASE WHEN t.tgenabled = 'R' THEN 'fires in replicas only'
            WHEN t.tgisinternal
            THEN format('is not enforced: its triggers on table %s are disabled', t.tgrelid::regclass)
            ELSE 'is disabled' END,
       CASE WHEN t.tgenabled = 'R' THEN ''
            WHEN t.tgisinternal THEN format('ALTER TABLE %s ENABLE TRIGGER ALL;', t.tgrelid::regclass)
            ELSE format('ALTER TABLE %s ENABLE TRIGGER %I;', t.tgrelid::regclass, t.tgname) END
FROM pg_trigger t
LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint
WHERE t.tgenabled IN ('D', 'R')
UNION
SELECT CASE r.ev_enabled WHEN 'D' THEN 'finding' ELSE 'note' END,
       format('rule %I of table %s', r.rulename, r.ev_class::regclass),
       CASE r.ev_enabled WHEN 'D' THEN 'is disabled' ELSE 'works in replicas only' END,
       CASE r.ev_enabled
            WHEN 'D' THEN format('ALTER TABLE %s ENABLE RULE %I;', r.ev_class::regclass, r.rulename)
            ELSE '' END
FROM pg_rewrite r
WHERE r.ev_enabled IN ('D', 'R')
UNION
SELECT CASE e.evtenabled WHEN 'D' THEN 'finding' ELSE 'note' END,
       format('event trigger %I', e.evtname),
       CASE e.evtenabled WHEN 'D' THEN 'is disabled' ELSE 'fires in replicas only' END,
       CASE e.evtenabled WHEN 'D' THEN format('ALTER EVENT TRIGGER %I ENABLE;', e.evtname) ELSE '' END
FROM pg_event_trigger e
WHERE e.evtenabled IN ('D', 'R')
) found
ORDER BY object
