-- Security labels of this database's objects.
-- Only if: FROM pg_seclabel
SELECT NULL::oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       o.type || ' ' || o.identity AS name,
       l.provider AS arguments,
       l.label AS label
FROM pg_seclabel l,
     LATERAL pg_identify_object(l.classoid, l.objoid, l.objsubid) o
LEFT JOIN pg_namespace n ON n.nspname = o.schema
WHERE n.oid IS NULL OR {wanted(n)}
