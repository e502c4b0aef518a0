-- Operators. One that is only named as commutator or negator of another has no function yet.
-- Only if: FROM pg_operator WHERE oprnamespace <> 'pg_catalog'::regnamespace
SELECT o.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       o.oprname::text AS name,
       CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END || ', '
           || CASE WHEN o.oprright = 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END AS arguments,
       pg_get_userbyid(o.oprowner)::text AS owner,
       {function(o.oprcode)} AS function,
       {operator(o.oprcom)} AS commutator,
       {operator(o.oprnegate)} AS negator,
       {function(o.oprrest)} AS restrict,
       {function(o.oprjoin)} AS "join",
       o.oprcanhash AS hashes,
       o.oprcanmerge AS merges
FROM pg_operator o
JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE o.oprcode <> 0
  AND {wanted(n)}
  AND {not_of_extension('pg_operator', o.oid)}
