-- Sequences; `auto` and `internal` dependencies tell which column owns one.
-- Few of the many rows of pg_depend are of sequences: they are looked up for each (OFFSET 0).
WITH owner AS MATERIALIZED (
    SELECT q.seqrelid AS oid, d.refobjid, d.deptype, d.attname
    FROM pg_sequence q
    CROSS JOIN LATERAL (SELECT d.refobjid, d.deptype,
                               (SELECT a.attname FROM pg_attribute a
                                WHERE a.attrelid = d.refobjid AND a.attnum = d.refobjsubid)
                        FROM pg_depend d
                        WHERE d.classid = 'pg_class'::regclass AND d.objid = q.seqrelid
                          AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                          AND d.deptype IN ('a', 'i') OFFSET 0) d
)
SELECT c.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       c.relname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(c.relowner)::text AS owner,
       format_type(s.seqtypid, NULL) AS data_type,
       s.seqstart AS start,
       s.seqincrement AS increment,
       s.seqmin AS minimum,
       s.seqmax AS maximum,
       s.seqcache AS cache,
       s.seqcycle AS cycle,
       {letter(c.relpersistence; p permanent; u unlogged; t temporary)} AS persistence,
       CASE WHEN o.oid IS NOT NULL THEN {name(tn.nspname, t.relname, o.attname)} END AS owned_by,
       coalesce(o.deptype = 'i', false) AS identity,
       {privileges(c.relacl; acldefault('s', c.relowner); c.relowner)} AS privileges
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN owner o ON o.oid = c.oid
LEFT JOIN pg_class t ON t.oid = o.refobjid
LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE c.relkind = 'S'
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
