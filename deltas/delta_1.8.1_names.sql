-- Names after the house rules: dates end in _on, functions tell what they return.

ALTER TABLE water_network.pipes RENAME COLUMN laid TO laid_on;
ALTER INDEX water_network.ix_pipes_laid RENAME TO ix_pipes_laid_on;
ALTER FUNCTION water_network.pipe_age(date, date) RENAME TO age_in_years;
ALTER SEQUENCE maintenance.work_order_no_seq RENAME TO work_order_number_seq;

-- The view would keep the old name of the column, and its trigger with it.
DROP VIEW water_network.v_pipes;

CREATE VIEW water_network.v_pipes AS
SELECT p.pipe_id,
       a.label AS from_label,
       b.label AS to_label,
       a.zone_id,
       m.name  AS material,
       p.diameter_mm,
       p.length_m,
       p.volume_m3,
       p.status,
       p.laid_on
  FROM water_network.pipes AS p
  JOIN water_network.nodes AS a ON a.node_id = p.from_node_id
  JOIN water_network.nodes AS b ON b.node_id = p.to_node_id
  JOIN water_network.materials AS m ON m.material_code = p.material_code;

COMMENT ON VIEW water_network.v_pipes IS 'Pipes with readable names; status and date can be edited';

CREATE OR REPLACE FUNCTION water_network.v_pipes_update()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE water_network.pipes
       SET status = NEW.status,
           laid_on = NEW.laid_on
     WHERE pipe_id = OLD.pipe_id;
    RETURN NEW;
END
$$;

CREATE TRIGGER trg_v_pipes_update
    INSTEAD OF UPDATE ON water_network.v_pipes
    FOR EACH ROW EXECUTE FUNCTION water_network.v_pipes_update();
