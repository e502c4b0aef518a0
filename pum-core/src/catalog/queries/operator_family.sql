-- Operator families, with the members that belong to none of their classes.
-- Only if: FROM pg_opfamily WHERE opfnamespace <> 'pg_catalog'::regnamespace
SELECT f.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       f.opfname::text AS name,
       am.amname::text AS arguments,
       pg_get_userbyid(f.opfowner)::text AS owner,
       ARRAY(SELECT format('operator %s %s%s', ao.amopstrategy, ao.amopopr::regoperator,
                             CASE WHEN ao.amoppurpose = 'o'
                                  THEN ' for order by ' || (SELECT {name(sn.nspname, sf.opfname)}
                                       FROM pg_opfamily sf
                                       JOIN pg_namespace sn ON sn.oid = sf.opfnamespace
                                       WHERE sf.oid = ao.amopsortfamily) END) COLLATE "C" AS member
             FROM pg_depend d JOIN pg_amop ao ON ao.oid = d.objid
             WHERE d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = f.oid
               AND d.classid = 'pg_amop'::regclass
             UNION ALL
             SELECT format('function %s (%s, %s) %s', ap.amprocnum,
                           format_type(ap.amproclefttype, NULL),
                           format_type(ap.amprocrighttype, NULL),
                           ap.amproc::regprocedure) COLLATE "C"
             FROM pg_depend d JOIN pg_amproc ap ON ap.oid = d.objid
             WHERE d.refclassid = 'pg_opfamily'::regclass AND d.refobjid = f.oid
               AND d.classid = 'pg_amproc'::regclass
             ORDER BY 1) AS members
FROM pg_opfamily f
JOIN pg_am am ON am.oid = f.opfmethod
JOIN pg_namespace n ON n.oid = f.opfnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_opfamily', f.oid)}
