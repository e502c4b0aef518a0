-- Access methods.
-- Only if: FROM pg_am WHERE oid >= 16384
SELECT (a.oid)::text AS address,
       ''::text AS schema,
       NULL::text AS parent,
       a.amname::text AS name,
       NULL::text AS arguments,
       {letter(a.amtype; t table; i index)} AS method_type,
       {function(a.amhandler)} AS handler,
       {comment('pg_am', a.oid)} AS comment
FROM pg_am a
WHERE a.oid >= 16384
  AND {not_of_extension('pg_am', a.oid)}
