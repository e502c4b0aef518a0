-- Base types, and shell types that are only announced. Array types come with their element type.
SELECT t.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       t.typname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(t.typowner)::text AS owner,
       t.typisdefined AS defined,
       CASE WHEN t.typisdefined THEN {function(t.typinput)} END AS input,
       CASE WHEN t.typisdefined THEN {function(t.typoutput)} END AS output,
       {function(t.typreceive)} AS receive,
       {function(t.typsend)} AS send,
       {function(t.typmodin)} AS modifier_input,
       {function(t.typmodout)} AS modifier_output,
       {function(t.typanalyze)} AS analyze,
       -- A type with elements had the second of these without saying so before 14.
       {since 14: CASE WHEN t.typsubscript NOT IN (0, 'array_subscript_handler'::regproc,
                                                   'raw_array_subscript_handler'::regproc)
                       THEN t.typsubscript::regprocedure::text END} AS subscript,
       t.typlen::bigint AS length,
       t.typbyval AS by_value,
       {letter(t.typalign; c char; s int2; i int4; d double)} AS alignment,
       {letter(t.typstorage; p plain; e external; m main; x extended)} AS storage,
       t.typcategory::text AS category,
       t.typispreferred AS preferred,
       coalesce(pg_get_expr(t.typdefaultbin, 0), t.typdefault) AS "default",
       CASE WHEN t.typelem <> 0 THEN format_type(t.typelem, NULL) END AS element,
       t.typdelim::text AS delimiter,
       t.typcollation <> 0 AS collatable,
       {privileges(t.typacl; acldefault('T', t.typowner); t.typowner)} AS privileges
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
-- What else there is has a query of its own, or comes with another type: m with its range.
WHERE t.typtype NOT IN ('c', 'd', 'e', 'r', 'm')
  AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
  AND {wanted(n)}
  AND {not_of_extension('pg_type', t.oid)}
