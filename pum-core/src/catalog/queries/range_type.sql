-- Range types. Their multirange types come with them.
-- Only if: FROM pg_type WHERE typtype = 'r' AND typnamespace <> 'pg_catalog'::regnamespace
SELECT t.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       t.typname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(t.typowner)::text AS owner,
       format_type(r.rngsubtype, NULL) AS subtype,
       (SELECT {name(cn.nspname, oc.opcname)} FROM pg_opclass oc
        JOIN pg_namespace cn ON cn.oid = oc.opcnamespace WHERE oc.oid = r.rngsubopc)
           AS operator_class,
       CASE WHEN r.rngcollation <> 0 AND r.rngcollation <> st.typcollation
            THEN {collation(r.rngcollation)} END AS collation,
       {function(r.rngcanonical)} AS canonical,
       {function(r.rngsubdiff)} AS subtype_diff,
       -- By itself it is called after the range.
       {since 14: (SELECT {name(mn.nspname, m.typname)}
                   FROM pg_type m JOIN pg_namespace mn ON mn.oid = m.typnamespace
                   WHERE m.oid = r.rngmultitypid
                     AND (m.typnamespace <> t.typnamespace OR m.typname <> left(
                              CASE WHEN strpos(t.typname, 'range') > 0
                                   THEN regexp_replace(t.typname, 'range', 'multirange')
                                   ELSE t.typname || '_multirange' END, 63)))} AS multirange,
       {privileges(t.typacl; acldefault('T', t.typowner); t.typowner)} AS privileges
FROM pg_type t
JOIN pg_range r ON r.rngtypid = t.oid
JOIN pg_type st ON st.oid = r.rngsubtype
JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'r'
  AND {wanted(n)}
  AND {not_of_extension('pg_type', t.oid)}
