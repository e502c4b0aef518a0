-- Functions, procedures, aggregates and window functions.
-- Only if: FROM pg_proc WHERE oid >= 16384
SELECT p.oid AS oid,
       n.nspname::text AS schema,
       NULL::text AS parent,
       p.proname::text AS name,
       array_to_string(ARRAY(SELECT format_type(u.type, NULL)
                             FROM unnest(p.proargtypes) WITH ORDINALITY u(type, position)
                             ORDER BY u.position), ', ') AS arguments,
       {letter(p.prokind; f function; p procedure; a aggregate; w window function)} AS routine,
       pg_get_userbyid(p.proowner)::text AS owner,
       -- Since 14 a procedure's arguments have the mode that all have by themselves.
       CASE WHEN p.prokind = 'p'
            THEN regexp_replace(pg_get_function_arguments(p.oid), '(^|, )IN ', '\1', 'g')
            ELSE pg_get_function_arguments(p.oid) END AS signature,
       pg_get_function_result(p.oid) AS returns,
       (SELECT l.lanname::text FROM pg_language l WHERE l.oid = p.prolang) AS language,
       p.prosrc AS body,
       {since 14: pg_get_function_sqlbody(p.oid)} AS sql_body,
       p.probin AS library,
       -- What a function takes follows from the aggregate, and a built-in one takes on another major
       -- what is called otherwise.
       CASE WHEN p.prokind = 'a' THEN ARRAY(
           SELECT part.key || ' = ' || part.value
           FROM pg_aggregate g,
                LATERAL (VALUES ('sfunc', {routine(g.aggtransfn)}),
                                ('stype', format_type(g.aggtranstype, NULL)),
                                ('sspace', g.aggtransspace::text),
                                ('finalfunc', {routine(g.aggfinalfn)}),
                                ('finalfunc_extra', g.aggfinalextra::text),
                                ('finalfunc_modify', g.aggfinalmodify::text),
                                ('combinefunc', {routine(g.aggcombinefn)}),
                                ('serialfunc', {routine(g.aggserialfn)}),
                                ('deserialfunc', {routine(g.aggdeserialfn)}),
                                ('initcond', g.agginitval),
                                ('msfunc', {routine(g.aggmtransfn)}),
                                ('minvfunc', {routine(g.aggminvtransfn)}),
                                ('mstype', CASE WHEN g.aggmtranstype <> 0
                                                THEN format_type(g.aggmtranstype, NULL) END),
                                ('msspace', g.aggmtransspace::text),
                                ('mfinalfunc', {routine(g.aggmfinalfn)}),
                                ('mfinalfunc_extra', g.aggmfinalextra::text),
                                ('mfinalfunc_modify', g.aggmfinalmodify::text),
                                ('minitcond', g.aggminitval),
                                ('sortop', CASE WHEN g.aggsortop <> 0
                                                THEN g.aggsortop::regoperator::text END),
                                ('kind', g.aggkind::text),
                                ('direct arguments', g.aggnumdirectargs::text)
                ) part(key, value)
           WHERE g.aggfnoid = p.oid AND part.value IS NOT NULL
       ) ELSE '{}' END AS aggregate,
       {letter(p.provolatile; i immutable; s stable; v volatile)}
           AS volatility,
       p.proisstrict AS strict,
       p.prosecdef AS security_definer,
       p.proleakproof AS leakproof,
       {letter(p.proparallel; s safe; r restricted; u unsafe)} AS parallel,
       p.procost::text AS cost,
       p.prorows::text AS rows,
       CASE WHEN p.prosupport <> 0 THEN p.prosupport::regproc::text END AS support,
       coalesce(p.proconfig, '{}') AS settings,
       ARRAY(SELECT format_type(u.type, NULL) COLLATE "C" FROM unnest(p.protrftypes) u(type) ORDER BY 1)
           AS transforms,
       {extensions('pg_proc', p.oid)} AS extensions,
       {privileges(p.proacl; acldefault('f', p.proowner); p.proowner)} AS privileges
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE {wanted(n)}
  AND {part(p.oid)}
  AND {not_of_extension('pg_proc', p.oid)}
  -- Constructors of range types come with their type.
  AND NOT EXISTS (SELECT FROM pg_depend d
                  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
