-- Access methods.
-- Only if: FROM pg_am WHERE oid >= 16384
SELECT a.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       a.amname::text AS name,
       NULL::text AS arguments,
       {letter(a.amtype; t table; i index)} AS method_type,
       {function(a.amhandler)} AS handler
FROM pg_am a
WHERE a.oid >= 16384
  AND {not_of_extension('pg_am', a.oid)}
