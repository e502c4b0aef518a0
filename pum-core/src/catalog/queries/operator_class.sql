-- Operator classes.
-- Only if: FROM pg_opclass WHERE opcnamespace <> 'pg_catalog'::regnamespace
SELECT oc.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       oc.opcname::text AS name,
       am.amname::text AS arguments,
       pg_get_userbyid(oc.opcowner)::text AS owner,
       format_type(oc.opcintype, NULL) AS data_type,
       {name(fn.nspname, f.opfname)} AS family,
       oc.opcdefault AS "default",
       CASE WHEN oc.opckeytype <> 0 THEN format_type(oc.opckeytype, NULL) END AS key_type,
       ARRAY(SELECT format('operator %s %s%s', ao.amopstrategy, ao.amopopr::regoperator,
                             CASE WHEN ao.amoppurpose = 'o'
                                  THEN ' for order by ' || (SELECT {name(sn.nspname, sf.opfname)}
                                       FROM pg_opfamily sf
                                       JOIN pg_namespace sn ON sn.oid = sf.opfnamespace
                                       WHERE sf.oid = ao.amopsortfamily) END) COLLATE "C" AS member
             FROM pg_depend d JOIN pg_amop ao ON ao.oid = d.objid
             WHERE d.refclassid = 'pg_opclass'::regclass AND d.refobjid = oc.oid
               AND d.classid = 'pg_amop'::regclass
             UNION ALL
             SELECT format('function %s (%s, %s) %s', ap.amprocnum,
                           format_type(ap.amproclefttype, NULL),
                           format_type(ap.amprocrighttype, NULL),
                           ap.amproc::regprocedure) COLLATE "C"
             FROM pg_depend d JOIN pg_amproc ap ON ap.oid = d.objid
             WHERE d.refclassid = 'pg_opclass'::regclass AND d.refobjid = oc.oid
               AND d.classid = 'pg_amproc'::regclass
             ORDER BY 1) AS members
FROM pg_opclass oc
JOIN pg_am am ON am.oid = oc.opcmethod
JOIN pg_opfamily f ON f.oid = oc.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace
JOIN pg_namespace n ON n.oid = oc.opcnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_opclass', oc.oid)}
