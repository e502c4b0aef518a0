-- Event triggers.
-- Only if: FROM pg_event_trigger
SELECT e.oid AS oid,
       ''::text AS schema,
       NULL::text AS parent,
       e.evtname::text AS name,
       NULL::text AS arguments,
       pg_get_userbyid(e.evtowner)::text AS owner,
       e.evtevent::text AS event,
       ARRAY(SELECT t COLLATE "C" FROM unnest(e.evttags) t ORDER BY 1) AS tags,
       {function(e.evtfoid)} AS function,
       {letter(e.evtenabled; O origin; D disabled; R replica; A always)} AS enabled
FROM pg_event_trigger e
WHERE {not_of_extension('pg_event_trigger', e.oid)}
