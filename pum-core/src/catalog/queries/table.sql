-- Tables, partitioned tables and foreign tables.
SELECT c.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       c.relname::text AS name,
       NULL::text AS arguments,
       {letter(c.relkind; r table; p partitioned table; f foreign table)} AS relation,
       pg_get_userbyid(c.relowner)::text AS owner,
       {privileges(c.relacl; acldefault('r', c.relowner); c.relowner)} AS privileges,
       {letter(c.relpersistence; p permanent; u unlogged; t temporary)} AS persistence,
       am.amname AS access_method,
       {tablespace(c)} AS tablespace,
       CASE WHEN c.reloptions IS NOT NULL
              OR c.reltoastrelid IN (SELECT t.oid FROM pg_class t
                                     WHERE t.relkind = 't' AND t.reloptions IS NOT NULL)
            THEN ARRAY(SELECT o COLLATE "C" FROM unnest(c.reloptions) o
                       UNION ALL
                       SELECT ('toast.' || o) COLLATE "C"
                       FROM pg_class t, unnest(t.reloptions) o WHERE t.oid = c.reltoastrelid
                       ORDER BY 1) END AS storage_parameters,
       CASE c.relreplident
            -- The letter outlives the index. pg_dump prints nothing then, as for the default.
            WHEN 'i' THEN coalesce('index ' || (SELECT ic.relname::text
                                       FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
                                       WHERE i.indrelid = c.oid AND i.indisreplident), 'default')
            ELSE {letter(c.relreplident; d default; n nothing; f full)}
       END AS replica_identity,
       c.relrowsecurity AS row_security,
       c.relforcerowsecurity AS force_row_security,
       CASE WHEN NOT c.relispartition AND c.oid IN (SELECT h.inhrelid FROM pg_inherits h)
            THEN ARRAY(SELECT {name(pn.nspname, p.relname)}
                       FROM pg_inherits h
                       JOIN pg_class p ON p.oid = h.inhparent
                       JOIN pg_namespace pn ON pn.oid = p.relnamespace
                       WHERE h.inhrelid = c.oid
                       ORDER BY h.inhseqno) END AS inherits,
       CASE WHEN c.relispartition
            THEN (SELECT {name(pn.nspname, p.relname)}
                  FROM pg_inherits h
                  JOIN pg_class p ON p.oid = h.inhparent
                  JOIN pg_namespace pn ON pn.oid = p.relnamespace
                  WHERE h.inhrelid = c.oid) END AS partition_of,
       pg_get_expr(c.relpartbound, c.oid) AS partition_bound,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
       CASE WHEN c.oid IN (SELECT i.indrelid FROM pg_index i WHERE i.indisclustered)
            THEN (SELECT ic.relname::text
                  FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
                  WHERE i.indrelid = c.oid AND i.indisclustered) END AS clustered_on,
       CASE WHEN c.relkind = 'f'
            THEN (SELECT s.srvname::text
                  FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver
                  WHERE f.ftrelid = c.oid) END AS foreign_server,
       CASE WHEN c.relkind = 'f'
            THEN ARRAY(SELECT o FROM pg_foreign_table f, unnest(f.ftoptions) o
                       WHERE f.ftrelid = c.oid ORDER BY o COLLATE "C") END AS foreign_options
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
-- What else there is has a query of its own: i, I, S, t, v, m, c. A letter of a newer server ends up
-- here and is told.
WHERE c.relkind NOT IN ('i', 'I', 'S', 't', 'v', 'm', 'c')
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
