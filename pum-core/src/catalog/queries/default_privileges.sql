-- Default privileges. Those in a schema add to the global ones; the global ones stand for the
-- built-in ones.
-- Only if: FROM pg_default_acl
SELECT d.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       {name(pg_get_userbyid(d.defaclrole))}
           || CASE WHEN d.defaclnamespace <> 0 THEN ' IN SCHEMA ' || {name(n.nspname)} ELSE '' END
           || ' ON ' || {letter(d.defaclobjtype; r TABLES; S SEQUENCES; f FUNCTIONS; T TYPES; n SCHEMAS; L LARGE OBJECTS)} AS name,
       NULL::text AS arguments,
       {privileges(d.defaclacl;
                   CASE WHEN d.defaclnamespace = 0 THEN acldefault(k.kind, d.defaclrole)
                        ELSE '{}'::aclitem[] END;
                   d.defaclrole;
                   acldefault(k.kind, d.defaclrole))} AS privileges
FROM pg_default_acl d
CROSS JOIN LATERAL (SELECT CASE d.defaclobjtype WHEN 'S' THEN 's'::"char"
                           ELSE d.defaclobjtype END AS kind) k
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE d.defaclnamespace = 0 OR {wanted(n)}
