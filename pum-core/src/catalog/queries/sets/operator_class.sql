-- Operator classes of initdb with a type that they surely are the default for. Which one is the default
-- for what is only coerced to their type, the server finds out (GetDefaultOpClass), but for varchar: that
-- is text, as long as there is no cast or operator class of a user for it.
SELECT o.oid AS oid, o.opcintype AS type
FROM pg_opclass o
WHERE o.opcdefault AND o.oid < 16384
UNION ALL
SELECT o.oid, 'varchar'::regtype
FROM pg_opclass o
WHERE o.opcdefault AND o.oid < 16384 AND o.opcintype = 'text'::regtype
  AND NOT EXISTS (SELECT FROM pg_opclass u
                  WHERE u.opcdefault AND u.opcintype = 'varchar'::regtype AND u.opcmethod = o.opcmethod)
  AND NOT EXISTS (SELECT FROM pg_cast c WHERE c.castsource = 'varchar'::regtype AND c.oid >= 16384)
