-- Readings: no negative counter values, a faster way to the latest reading, and
-- a period consumption that respects the meter factor.

ALTER TABLE customer.meter_readings
    ADD CONSTRAINT ck_meter_readings_value CHECK (value >= 0);

CREATE INDEX ix_meter_readings_latest
    ON customer.meter_readings (meter_id, read_on DESC) INCLUDE (value);

CREATE OR REPLACE FUNCTION customer.consumption(
    p_meter_id integer,
    p_from     date,
    p_until    date DEFAULT CURRENT_DATE
)
RETURNS numeric
LANGUAGE sql STABLE
AS $$
    SELECT COALESCE((max(r.value) - min(r.value)) * m.factor, 0)
      FROM customer.meters AS m
      LEFT JOIN customer.meter_readings AS r
             ON r.meter_id = m.meter_id
            AND r.read_on BETWEEN p_from AND p_until
     WHERE m.meter_id = p_meter_id
     GROUP BY m.factor
$$;
