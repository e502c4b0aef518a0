-- Defaults of columns, and expressions of generated ones. Without a column of its table (a Var) in it,
-- an expression is the same whichever table it is of: then the server need not open the table.
SELECT d.adrelid AS oid,
       d.adnum AS number,
       pg_get_expr(d.adbin, CASE WHEN strpos(d.adbin::text, ':varno ') > 0 THEN d.adrelid ELSE 0 END)
           AS expression
FROM pg_attrdef d
JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_class', c.oid)}
