-- Sequences; `auto` and `internal` dependencies tell which column owns one.
SELECT (c.oid)::text AS address,
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
       CASE WHEN a.attnum > 0 THEN {name(tn.nspname, t.relname, a.attname)} END AS owned_by,
       coalesce(d.deptype = 'i', false) AS identity,
       {comment('pg_class', c.oid)} AS comment,
       {privileges(c.relacl; acldefault('s', c.relowner); c.relowner)} AS privileges
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_sequence s ON s.seqrelid = c.oid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
                     AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
                     AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE c.relkind = 'S'
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
