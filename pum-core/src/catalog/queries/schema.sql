-- Schemas. What `public` is like after initdb depends on the major version; only what was changed
-- of it counts, as for pg_dump.
SELECT n.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       n.nspname::text AS name,
       NULL::text AS arguments,
       CASE WHEN n.nspname = 'public'
                 AND n.nspowner = {since 15: 'pg_database_owner'::regrole else 10}
            THEN 'default'
            -- A role can be called so, too.
            WHEN n.nspname = 'public' AND pg_get_userbyid(n.nspowner) = 'default' THEN '"default"'
            ELSE pg_get_userbyid(n.nspowner)::text END AS owner,
       {privileges(coalesce(n.nspacl, acldefault('n', n.nspowner));
                   CASE WHEN n.nspname = 'public'
                        THEN acldefault('n', n.nspowner)
                             || makeaclitem(0, n.nspowner, 'USAGE', false)
                             {since 15: else || makeaclitem(0, n.nspowner, 'CREATE', false)}
                        ELSE acldefault('n', n.nspowner) END;
                   n.nspowner)} AS privileges
FROM pg_namespace n
WHERE {wanted(n)}
  AND {not_of_extension('pg_namespace', n.oid)}
