-- Columns of tables and views, attributes of composite types. Defaults and comments are sets of their
-- own; the place among the others follows from the numbers.
SELECT a.attrelid AS oid,
       a.attnum AS number,
       a.atttypid AS type,
       a.attcollation AS type_collation,
       a.attgenerated <> '' AS is_generated,
       n.nspname AS schema,
       c.relname AS parent,
       a.attname AS name,
       NULL AS arguments,
       format_type(a.atttypid, a.atttypmod) AS data_type,
       CASE WHEN a.attcollation <> 0 AND a.attcollation <> t.typcollation
            THEN {collation(a.attcollation)} END AS collation,
       a.attnotnull AS not_null,
       {since 18: nullif(concat_ws(', ', CASE WHEN NOT nn.convalidated THEN 'not valid' END,
                                   CASE WHEN nn.connoinherit THEN 'no inherit' END), '')} AS not_null_form,
       CASE WHEN a.attidentity <> ''
            THEN {letter(a.attidentity; a always; d by default)} END AS identity,
       CASE WHEN a.attgenerated <> '' THEN {letter(a.attgenerated; s f; v t)} END AS generated_virtual,
       CASE WHEN a.attstorage <> t.typstorage
            THEN {letter(a.attstorage; p plain; e external; m main; x extended)} END AS storage,
       {since 14: CASE WHEN a.attcompression <> ''
                       THEN {letter(a.attcompression; p pglz; l lz4)} END} AS compression,
       nullif(a.attstattarget, -1) AS statistics_target,
       -- pg_attver is a counter that minor releases since 15.20 keep there for themselves; their
       -- pg_dump leaves it out too.
       CASE WHEN a.attoptions IS NOT NULL OR a.attfdwoptions IS NOT NULL
            THEN ARRAY(SELECT o FROM unnest(a.attoptions || a.attfdwoptions) o
                       WHERE NOT starts_with(o, 'pg_attver=')
                       ORDER BY o COLLATE "C") END AS options,
       NOT a.attislocal AS inherited,
       {privileges(a.attacl; acldefault('c', c.relowner); c.relowner)} AS privileges
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
{since 18: LEFT JOIN pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n'
                              AND nn.conkey = ARRAY[a.attnum]
                              AND (NOT nn.convalidated OR nn.connoinherit) else }
WHERE c.relkind NOT IN ('i', 'I', 'S', 't')
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
  -- Of a composite type it is the type that is a member.
  AND {not_of_extension('pg_type', c.reltype)}
