-- Runs once before the deltas: takes away the reporting layer, so that no
-- delta has to care about it.  post-all.sql builds it anew.

DROP VIEW IF EXISTS reporting.v_consumption_trend;
DROP MATERIALIZED VIEW IF EXISTS reporting.mv_monthly_consumption;
DROP VIEW IF EXISTS reporting.v_material_condition;
DROP VIEW IF EXISTS reporting.v_zone_summary;
DROP VIEW IF EXISTS reporting.v_zone_leaks;
DROP VIEW IF EXISTS reporting.v_zone_network;
