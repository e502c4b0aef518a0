-- Procedural languages.
-- Only if: FROM pg_language WHERE oid >= 16384
SELECT l.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       l.lanname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(l.lanowner)::text AS owner,
       l.lanpltrusted AS trusted,
       {function(l.lanplcallfoid)} AS handler,
       {function(l.laninline)} AS inline_handler,
       {function(l.lanvalidator)} AS validator,
       {privileges(l.lanacl; acldefault('l', l.lanowner); l.lanowner)} AS privileges
FROM pg_language l
WHERE l.lanispl
  AND l.oid >= 16384
  AND {not_of_extension('pg_language', l.oid)}
