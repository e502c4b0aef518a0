-- Foreign servers.
-- Only if: FROM pg_foreign_server
SELECT s.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       s.srvname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(s.srvowner)::text AS owner,
       f.fdwname::text AS foreign_data_wrapper,
       s.srvtype AS server_type,
       s.srvversion AS version,
       {options(s.srvoptions)} AS options,
       {secrets(s.srvoptions)} AS secrets,
       {privileges(s.srvacl; acldefault('S', s.srvowner); s.srvowner)} AS privileges
FROM pg_foreign_server s
JOIN pg_foreign_data_wrapper f ON f.oid = s.srvfdw
WHERE {not_of_extension('pg_foreign_server', s.oid)}
