-- Subscriptions of this database. Whether one is enabled does not count: a restored one never is.
-- The connection string may hold a password and is for superusers.
-- Only if: FROM pg_subscription
SELECT s.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       s.subname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(s.subowner)::text AS owner,
       {privileged: regexp_replace(
                        regexp_replace(s.subconninfo,
                            'password\s*=\s*(''([^''\\]|\\.)*''|([^\s\\]|\\.)*)',
                            'password=(hidden)', 'gi'),
                        '(://[^/@:]*:)[^@]*@', '\1(hidden)@')
                    else chr(2)} AS connection,
       {privileged: array_remove(ARRAY[
                        'password=' || (regexp_match(s.subconninfo,
                            'password\s*=\s*(''(?:[^''\\]|\\.)*''|(?:[^\s\\]|\\.)*)', 'i'))[1],
                        'password=' || (regexp_match(s.subconninfo, '://[^/@:]*:([^@]*)@'))[1]],
                        NULL)
                    else '{}'::text[]} AS secrets,
       s.subslotname::text AS slot_name,
       s.subpublications AS publications,
       {privileged: s.subsynccommit else ''} AS synchronous_commit,
       {since 14: {privileged: s.subbinary else false} else false} AS binary,
       {since 14: {privileged: CASE s.substream::text WHEN 't' THEN 'on' WHEN 'true' THEN 'on'
                                WHEN 'p' THEN 'parallel' ELSE 'off' END else ''} else 'off'} AS streaming,
       {since 15: {privileged: s.subtwophasestate <> 'd' else false} else false} AS two_phase,
       {since 15: {privileged: s.subdisableonerr else false} else false} AS disable_on_error,
       {since 16: {privileged: s.subpasswordrequired else true} else true} AS password_required,
       {since 16: {privileged: s.subrunasowner else false} else false} AS run_as_owner,
       {since 16: {privileged: s.suborigin else 'any'} else 'any'} AS origin,
       {since 17: {privileged: s.subfailover else false} else false} AS failover
FROM pg_subscription s
WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
