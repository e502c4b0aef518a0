-- Foreign-data wrappers.
-- Only if: FROM pg_foreign_data_wrapper
SELECT f.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       f.fdwname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(f.fdwowner)::text AS owner,
       {function(f.fdwhandler)} AS handler,
       {function(f.fdwvalidator)} AS validator,
       {options(f.fdwoptions)} AS options,
       {secrets(f.fdwoptions)} AS secrets,
       {privileges(f.fdwacl; acldefault('F', f.fdwowner); f.fdwowner)} AS privileges
FROM pg_foreign_data_wrapper f
WHERE {not_of_extension('pg_foreign_data_wrapper', f.oid)}
