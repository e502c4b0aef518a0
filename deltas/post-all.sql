-- Runs once after the deltas: builds the reporting layer of the newest version,
-- exactly as build.sql does.

CREATE VIEW reporting.v_zone_network AS
SELECT z.zone_id,
       z.code,
       z.name,
       count(p.pipe_id) AS pipes,
       COALESCE(sum(p.length_m), 0) AS length_m,
       COALESCE(sum(p.volume_m3), 0) AS volume_m3,
       max(water_network.age_in_years(p.laid_on)) AS oldest_pipe
  FROM water_network.zones AS z
  LEFT JOIN water_network.nodes AS n ON n.zone_id = z.zone_id
  LEFT JOIN water_network.pipes AS p ON p.from_node_id = n.node_id
 GROUP BY z.zone_id, z.code, z.name;

CREATE VIEW reporting.v_zone_leaks AS
SELECT n.zone_id,
       count(*) AS leaks,
       count(*) FILTER (WHERE l.repaired_at IS NULL) AS open_leaks,
       max(l.severity) FILTER (WHERE l.repaired_at IS NULL) AS worst_severity
  FROM maintenance.leaks AS l
  JOIN water_network.pipes AS p ON p.pipe_id = l.pipe_id
  JOIN water_network.nodes AS n ON n.node_id = p.from_node_id
 GROUP BY n.zone_id;

CREATE VIEW reporting.v_zone_summary AS
SELECT w.code,
       w.name,
       w.pipes,
       w.length_m,
       COALESCE(k.leaks, 0) AS leaks,
       round(COALESCE(k.leaks, 0) * 1000 / NULLIF(w.length_m, 0), 3) AS leaks_per_km
  FROM reporting.v_zone_network AS w
  LEFT JOIN reporting.v_zone_leaks AS k ON k.zone_id = w.zone_id;

CREATE VIEW reporting.v_material_condition AS
SELECT m.material_code,
       m.name,
       count(p.pipe_id) AS pipes,
       round(avg(i.grade), 2) AS mean_grade
  FROM water_network.materials AS m
  LEFT JOIN water_network.pipes AS p ON p.material_code = m.material_code
  LEFT JOIN maintenance.inspections AS i ON i.pipe_id = p.pipe_id
 GROUP BY m.material_code, m.name;

CREATE MATERIALIZED VIEW reporting.mv_monthly_consumption AS
SELECT c.zone_id,
       date_trunc('month', d.read_on::timestamp)::date AS month,
       count(DISTINCT d.meter_id) AS meters,
       sum(d.consumed * m.factor) AS m3
  FROM (SELECT r.meter_id,
               r.read_on,
               r.value - lag(r.value) OVER (PARTITION BY r.meter_id ORDER BY r.read_on) AS consumed
          FROM customer.meter_readings AS r) AS d
  JOIN customer.meters AS m ON m.meter_id = d.meter_id
  JOIN customer.connections AS c ON c.connection_id = m.connection_id
 WHERE d.consumed IS NOT NULL
 GROUP BY 1, 2;

CREATE UNIQUE INDEX ux_mv_monthly_consumption
    ON reporting.mv_monthly_consumption (zone_id, month);

CREATE VIEW reporting.v_consumption_trend AS
SELECT q.zone_id,
       q.month,
       q.m3,
       q.m3 - lag(q.m3) OVER (PARTITION BY q.zone_id ORDER BY q.month) AS change_m3
  FROM reporting.mv_monthly_consumption AS q;

GRANT SELECT ON reporting.v_zone_summary, reporting.v_consumption_trend TO PUBLIC;

COMMENT ON VIEW reporting.v_zone_summary IS 'Key figures by pressure zone';
COMMENT ON MATERIALIZED VIEW reporting.mv_monthly_consumption IS 'Consumption by zone and month, refreshed nightly';
