-- The functions of amcheck, where it is installed, and whether the role may call them.
SELECT format('%I', n.nspname), e.extversion, p.proname, p.pronargs,
       has_function_privilege(p.oid, 'EXECUTE') AND has_schema_privilege(n.oid, 'USAGE')
FROM pg_extension e
JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
     AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
JOIN pg_proc p ON p.oid = d.objid
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE e.extname = 'amcheck'
ORDER BY p.proname, p.pronargs DESC
