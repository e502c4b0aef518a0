-- Audit of pipes: new pipes are recorded too, changes only where they matter.

DROP TRIGGER trg_pipes_audit ON water_network.pipes;

CREATE TRIGGER trg_pipes_audit
    AFTER INSERT OR DELETE ON water_network.pipes
    FOR EACH ROW EXECUTE FUNCTION water_sys.audit_row('pipe_id');

CREATE TRIGGER trg_pipes_audit_update
    AFTER UPDATE OF material_code, diameter_mm, status ON water_network.pipes
    FOR EACH ROW
    WHEN (old.material_code IS DISTINCT FROM new.material_code
          OR old.diameter_mm IS DISTINCT FROM new.diameter_mm
          OR old.status IS DISTINCT FROM new.status)
    EXECUTE FUNCTION water_sys.audit_row('pipe_id');
