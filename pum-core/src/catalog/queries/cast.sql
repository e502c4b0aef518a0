-- Casts. Those from a range to its multirange come with the range.
-- Only if: FROM pg_cast WHERE oid >= 16384
SELECT c.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) AS name,
       NULL::text AS arguments,
       CASE c.castmethod WHEN 'f' THEN 'with function ' || {function(c.castfunc)}
            ELSE {letter(c.castmethod; i with inout; b without function)} END AS method,
       {letter(c.castcontext; e explicit; a assignment; i implicit)} AS context
FROM pg_cast c
WHERE c.oid >= 16384
  AND {since 14: NOT EXISTS (SELECT FROM pg_range r
                  WHERE r.rngtypid = c.castsource AND r.rngmultitypid = c.casttarget) else true}
  AND {not_of_extension('pg_cast', c.oid)}
