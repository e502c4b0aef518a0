-- Collations.
-- Only if: FROM pg_collation WHERE collnamespace <> 'pg_catalog'::regnamespace
SELECT co.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       co.collname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(co.collowner)::text AS owner,
       {letter(co.collprovider; c libc; i icu; b builtin; d default)} AS provider,
       CASE WHEN co.collprovider = 'c' THEN co.collcollate::text END AS lc_collate,
       CASE WHEN co.collprovider = 'c' THEN co.collctype::text END AS lc_ctype,
       CASE WHEN co.collprovider <> 'c'
            THEN {since 17: co.colllocale
                  else {since 15: co.colliculocale else co.collcollate::text}} END AS locale,
       {since 16: co.collicurules} AS rules,
       co.collisdeterministic AS deterministic
FROM pg_collation co
JOIN pg_namespace n ON n.oid = co.collnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_collation', co.oid)}
