-- Publications.
-- Only if: FROM pg_publication
SELECT p.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       p.pubname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(p.pubowner)::text AS owner,
       p.puballtables AS all_tables,
       {since 15: ARRAY(SELECT sn.nspname::text COLLATE "C" FROM pg_publication_namespace pn
                       JOIN pg_namespace sn ON sn.oid = pn.pnnspid
                       WHERE pn.pnpubid = p.oid ORDER BY 1) else '{}'::text[]} AS schemas,
       array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                          CASE WHEN p.pubdelete THEN 'delete' END,
                          CASE WHEN p.pubtruncate THEN 'truncate' END], NULL) AS operations,
       {since 13: p.pubviaroot else false} AS via_root,
       {since 18: nullif(p.pubgencols::text, 'n')} AS generated_columns
FROM pg_publication p
WHERE {not_of_extension('pg_publication', p.oid)}
