-- Comments, of all kinds of objects. Of what initdb made only a schema, public, is compared.
SELECT d.classoid AS class, d.objoid AS oid, d.objsubid AS number, d.description AS comment
FROM pg_description d
WHERE d.objoid >= 16384 OR d.classoid = 'pg_namespace'::regclass
UNION ALL
SELECT s.classoid, s.objoid, 0, s.description
FROM pg_shdescription s
JOIN pg_database d ON d.oid = s.objoid
WHERE s.classoid = 'pg_database'::regclass AND d.datname = current_database()
