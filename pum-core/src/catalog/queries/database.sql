-- What belongs to the database as a whole. It has no name here: two databases never share one.
SELECT d.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       ''::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(d.datdba)::text AS owner,
       pg_encoding_to_char(d.encoding)::text AS encoding,
       {since 15: {letter(d.datlocprovider; c libc; i icu; b builtin)} else 'libc'} AS locale_provider,
       d.datcollate::text AS lc_collate,
       d.datctype::text AS lc_ctype,
       {since 17: d.datlocale else {since 15: d.daticulocale}} AS locale,
       {since 16: d.daticurules} AS icu_rules,
       ARRAY(SELECT s COLLATE "C" FROM pg_db_role_setting r, unnest(r.setconfig) s
             WHERE r.setdatabase = d.oid AND r.setrole = 0
               -- By which pum knows the databases that it made for rehearsals.
               AND NOT starts_with(s, 'pum.disposable=') ORDER BY 1) AS settings,
       ARRAY(SELECT (pg_get_userbyid(r.setrole) || ': ' || s) COLLATE "C"
             FROM pg_db_role_setting r, unnest(r.setconfig) s
             WHERE r.setdatabase = d.oid AND r.setrole <> 0 ORDER BY 1) AS role_settings,
       d.datconnlimit::bigint AS connection_limit,
       {privileges(d.datacl; acldefault('d', d.datdba); d.datdba)} AS privileges
FROM pg_database d
WHERE d.datname = current_database()
