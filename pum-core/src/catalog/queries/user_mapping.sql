-- User mappings. The catalog itself is for superusers; its view shows the options to those who may use
-- the mapping, and nothing to others: then they are told that they may not see them.
-- Only if: FROM pg_foreign_server
SELECT NULL::oid AS oid,
       ''::text AS schema,
       u.srvname::text AS parent,
       -- A role can be called so, too.
       CASE WHEN u.umuser = 0 THEN 'PUBLIC'
            WHEN u.usename = 'PUBLIC' THEN '"PUBLIC"' ELSE u.usename::text END AS name,
       NULL::text AS arguments,
       CASE WHEN u.umoptions IS NULL AND NOT (
                 (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
                 OR u.umuser <> 0 AND u.usename = current_user AND has_server_privilege(u.srvid, 'USAGE')
                 OR u.umuser = 0 AND pg_has_role(s.srvowner, 'USAGE'))
            THEN ARRAY[chr(2)] ELSE {options(u.umoptions)} END AS options,
       {secrets(u.umoptions)} AS secrets
FROM pg_user_mappings u
JOIN pg_foreign_server s ON s.oid = u.srvid
WHERE {not_of_extension('pg_foreign_server', s.oid)}
