-- The catalogs, by which comments and the like say what they are of.
SELECT c.oid AS oid, c.relname AS name
FROM pg_class c
WHERE c.oid < 16384 AND c.relkind = 'r' AND c.relnamespace = 'pg_catalog'::regnamespace
