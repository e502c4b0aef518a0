-- Sequences, and the columns that take their values from them: owned ones ("pg_depend", deptype a
-- and i) and those that a default names. Whether the greatest value of the column is found fast.
SELECT s.seqrelid,
       format('%I.%I', n.nspname, c.relname),
       c.relpersistence,
       s.seqincrement, s.seqmin, s.seqmax, s.seqcycle,
       has_sequence_privilege(s.seqrelid, 'SELECT'),
       u.column_name,
       u.table_name,
       u.relation,
       u.can_read,
       u.fast,
       u.greatest_value
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
    SELECT format('%I', a.attname) AS column_name,
           format('%I.%I', tn.nspname, t.relname) AS table_name,
           t.oid AS relation,
           has_table_privilege(t.oid, 'SELECT') AND NOT row_security_active(t.oid)
             OR has_column_privilege(t.oid, a.attnum, 'SELECT') AND NOT row_security_active(t.oid) AS can_read,
           t.relkind = 'r' AND t.relpages < 1000
             OR EXISTS (SELECT FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
                        JOIN pg_am m ON m.oid = ic.relam
                        WHERE i.indrelid = t.oid AND i.indkey[0] = a.attnum AND i.indpred IS NULL
                          AND i.indisvalid AND m.amname = 'btree') AS fast,
           CASE a.atttypid WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
                WHEN 'int8'::regtype THEN 9223372036854775807 END AS greatest_value
    FROM (SELECT d.refobjid AS relid, d.refobjsubid AS attnum
          FROM pg_depend d
          WHERE d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid
            AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
          UNION
          SELECT ad.adrelid, ad.adnum
          FROM pg_depend d
          JOIN pg_attrdef ad ON ad.oid = d.objid
          WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
            AND d.refobjid = s.seqrelid) used
    JOIN pg_attribute a ON a.attrelid = used.relid AND a.attnum = used.attnum
    JOIN pg_class t ON t.oid = used.relid
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
    WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
      AND t.relkind IN ('r', 'p')
) u ON true
WHERE c.relpersistence <> 't'
ORDER BY 2, 10, 9
