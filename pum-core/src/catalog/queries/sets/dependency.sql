-- What depends on what. All but what initdb made, which is always there.
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid, d.deptype,
       -- The members of extensions are no objects of the model.
       CASE d.deptype WHEN 'e' THEN
         (SELECT i.type || ' ' || i.identity
          FROM pg_identify_object(d.classid, d.objid, d.objsubid) i) END
FROM pg_depend d
WHERE d.deptype <> 'p'
  AND d.objid >= 16384
  AND (d.refobjid >= 16384 OR d.refclassid = 'pg_namespace'::regclass)
