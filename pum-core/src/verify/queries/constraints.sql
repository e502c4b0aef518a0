-- Constraints that older rows may not meet: "pg_constraint", convalidated.
SELECT CASE WHEN {since 18: k.conenforced else true} THEN 'finding' ELSE 'note' END,
       CASE WHEN k.contypid = 0
            THEN format('constraint %I of table %s', k.conname, k.conrelid::regclass)
            ELSE format('constraint %I of domain %s', k.conname, k.contypid::regtype) END,
       CASE WHEN {since 18: k.conenforced else true}
            THEN 'is not validated: rows from before may not meet it'
            ELSE 'is not enforced' END,
       CASE WHEN NOT {since 18: k.conenforced else true} THEN ''
            WHEN k.contypid = 0
            THEN format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', k.conrelid::regclass, k.conname)
            ELSE format('ALTER DOMAIN %s VALIDATE CONSTRAINT %I;', k.contypid::regtype, k.conname) END
FROM pg_constraint k
WHERE NOT k.convalidated
ORDER BY 2
