-- Text search configurations.
-- Only if: FROM pg_ts_config WHERE cfgnamespace <> 'pg_catalog'::regnamespace
SELECT c.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       c.cfgname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(c.cfgowner)::text AS owner,
       {name(pn.nspname, p.prsname)} AS parser,
       ARRAY(SELECT (m.token || ': ' || string_agg(m.dictionary, ', ' ORDER BY m.mapseqno)) COLLATE "C"
             FROM (SELECT (SELECT tt.alias FROM ts_token_type(c.cfgparser) tt
                           WHERE tt.tokid = cm.maptokentype) AS token,
                          {name(dn.nspname, d.dictname)} AS dictionary,
                          cm.mapseqno
                   FROM pg_ts_config_map cm
                   JOIN pg_ts_dict d ON d.oid = cm.mapdict
                   JOIN pg_namespace dn ON dn.oid = d.dictnamespace
                   WHERE cm.mapcfg = c.oid) m
             GROUP BY m.token ORDER BY 1) AS mappings
FROM pg_ts_config c
JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace
WHERE {wanted(n)}
  AND {not_of_extension('pg_ts_config', c.oid)}
