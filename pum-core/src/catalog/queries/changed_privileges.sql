-- Privileges on what is built in or belongs to an extension, where they are no longer what initdb or
-- the extension made them (pg_init_privs).
SELECT NULL::oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       o.type || ' ' || o.identity AS name,
       NULL::text AS arguments,
       (SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = x.classid AND d.objid = x.objid AND d.objsubid = 0 AND d.deptype = 'e')
           AS extension,
       {privileges(x.acl; x.initial; x.owner)} AS privileges
FROM (
    SELECT 'pg_class'::regclass AS classid, c.oid AS objid, 0 AS subid, c.relacl AS acl,
           coalesce(i.initprivs, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner)) AS initial, c.relowner AS owner
    FROM pg_class c
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid
                             AND i.objsubid = 0
    WHERE c.relacl IS NOT NULL AND c.relacl IS DISTINCT FROM i.initprivs
      AND {indexed_of_others('pg_class', c.oid)}
      AND {of_others('pg_class', c.oid, c.relnamespace)}
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, a.attnum, a.attacl,
           coalesce(i.initprivs, acldefault('c', c.relowner)), c.relowner
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid
                             AND i.objsubid = a.attnum
    WHERE a.attacl IS NOT NULL AND a.attacl IS DISTINCT FROM i.initprivs
      AND {indexed_of_others('pg_class', a.attrelid)}
      AND {indexed_of_others('pg_class', c.oid)}
      AND {of_others('pg_class', c.oid, c.relnamespace)}
    UNION ALL
    SELECT 'pg_proc'::regclass AS classid, p.oid AS objid, 0 AS subid, p.proacl AS acl,
           coalesce(i.initprivs, acldefault('f', p.proowner)) AS initial, p.proowner AS owner
    FROM pg_proc p
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
                             AND i.objsubid = 0
    WHERE p.proacl IS NOT NULL AND p.proacl IS DISTINCT FROM i.initprivs
      AND {of_others('pg_proc', p.oid, p.pronamespace)}
    UNION ALL
    SELECT 'pg_type'::regclass AS classid, t.oid AS objid, 0 AS subid, t.typacl AS acl,
           coalesce(i.initprivs, acldefault('T', t.typowner)) AS initial, t.typowner AS owner
    FROM pg_type t
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_type'::regclass AND i.objoid = t.oid
                             AND i.objsubid = 0
    WHERE t.typacl IS NOT NULL AND t.typacl IS DISTINCT FROM i.initprivs
      AND {of_others('pg_type', t.oid, t.typnamespace)}
    UNION ALL
    SELECT 'pg_namespace'::regclass AS classid, n.oid AS objid, 0 AS subid, n.nspacl AS acl,
           coalesce(i.initprivs, acldefault('n', n.nspowner)) AS initial, n.nspowner AS owner
    FROM pg_namespace n
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid
                             AND i.objsubid = 0
    WHERE n.nspacl IS NOT NULL AND n.nspacl IS DISTINCT FROM i.initprivs AND n.nspname <> 'public'
      AND {of_others('pg_namespace', n.oid, n.oid)}
    UNION ALL
    SELECT 'pg_language'::regclass AS classid, l.oid AS objid, 0 AS subid, l.lanacl AS acl,
           coalesce(i.initprivs, acldefault('l', l.lanowner)) AS initial, l.lanowner AS owner
    FROM pg_language l
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_language'::regclass AND i.objoid = l.oid
                             AND i.objsubid = 0
    WHERE l.lanacl IS NOT NULL AND l.lanacl IS DISTINCT FROM i.initprivs
      AND {of_others('pg_language', l.oid)}
    UNION ALL
    SELECT 'pg_foreign_data_wrapper'::regclass AS classid, f.oid AS objid, 0 AS subid, f.fdwacl AS acl,
           coalesce(i.initprivs, acldefault('F', f.fdwowner)) AS initial, f.fdwowner AS owner
    FROM pg_foreign_data_wrapper f
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_foreign_data_wrapper'::regclass AND i.objoid = f.oid
                             AND i.objsubid = 0
    WHERE f.fdwacl IS NOT NULL AND f.fdwacl IS DISTINCT FROM i.initprivs
      AND {of_others('pg_foreign_data_wrapper', f.oid)}
    UNION ALL
    SELECT 'pg_foreign_server'::regclass AS classid, s.oid AS objid, 0 AS subid, s.srvacl AS acl,
           coalesce(i.initprivs, acldefault('S', s.srvowner)) AS initial, s.srvowner AS owner
    FROM pg_foreign_server s
    LEFT JOIN pg_init_privs i ON i.classoid = 'pg_foreign_server'::regclass AND i.objoid = s.oid
                             AND i.objsubid = 0
    WHERE s.srvacl IS NOT NULL AND s.srvacl IS DISTINCT FROM i.initprivs
      AND {of_others('pg_foreign_server', s.oid)}
) x,
     LATERAL pg_identify_object(x.classid, x.objid, x.subid) o
