-- Drop the old text columns, but only when nothing would be lost.

DO $$
DECLARE
    v_lost bigint;
BEGIN
    SELECT count(*) INTO v_lost
      FROM (SELECT manufacturer, manufacturer_id FROM water_network.valves
            UNION ALL
            SELECT manufacturer, manufacturer_id FROM water_network.hydrants) AS f
     WHERE f.manufacturer IS NOT NULL
       AND f.manufacturer_id IS NULL;
    IF v_lost > 0 THEN
        RAISE EXCEPTION USING
            MESSAGE = v_lost || ' fittings would lose their manufacturer',
            HINT = 'Complete water_network.manufacturers first.';
    END IF;
END
$$;

ALTER TABLE water_network.valves DROP COLUMN manufacturer;
ALTER TABLE water_network.hydrants DROP COLUMN manufacturer;
