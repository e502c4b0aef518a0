-- Schemas. What `public` is like after initdb depends on the major version; only what was changed
-- of it counts, as for pg_dump.
SELECT ''::text AS schema,
       NULL::text AS parent,
       n.nspname::text AS name,
       NULL::text AS arguments,
       CASE WHEN n.nspname = 'public'
                 AND n.nspowner = {since 15: 'pg_database_owner'::regrole else 10}
            THEN 'default' ELSE pg_get_userbyid(n.nspowner)::text END AS owner,
       {comment('pg_namespace', n.oid)} AS comment,
       {privileges(n.nspacl; coalesce(i.initprivs, acldefault('n', n.nspowner)); n.nspowner)}
           AS privileges
FROM pg_namespace n
LEFT JOIN pg_init_privs i ON i.classoid = 'pg_namespace'::regclass AND i.objoid = n.oid
                         AND i.objsubid = 0 AND i.privtype = 'i'
WHERE {wanted(n)}
  AND {not_of_extension('pg_namespace', n.oid)}
