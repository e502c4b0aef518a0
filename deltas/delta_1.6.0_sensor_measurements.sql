-- Measured values of the sensors of 1.2.0.

-- One partition per year, a default one for late or early clocks.
CREATE TABLE water_network.sensor_measurements (
    sensor_id   integer        NOT NULL,
    measured_at timestamptz    NOT NULL,
    value       numeric(12, 4) NOT NULL,
    quality     smallint       NOT NULL DEFAULT 0,
    CONSTRAINT pk_sensor_measurements PRIMARY KEY (sensor_id, measured_at),
    CONSTRAINT fk_sensor_measurements_sensor FOREIGN KEY (sensor_id)
        REFERENCES water_network.sensors (sensor_id) ON DELETE CASCADE,
    CONSTRAINT ck_sensor_measurements_quality CHECK (quality BETWEEN 0 AND 3)
) PARTITION BY RANGE (measured_at);

CREATE TABLE water_network.sensor_measurements_2024
    PARTITION OF water_network.sensor_measurements
    FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00');

CREATE TABLE water_network.sensor_measurements_2025
    PARTITION OF water_network.sensor_measurements
    FOR VALUES FROM ('2025-01-01 00:00:00+00') TO ('2026-01-01 00:00:00+00');

CREATE TABLE water_network.sensor_measurements_other
    PARTITION OF water_network.sensor_measurements DEFAULT;

CREATE INDEX ix_sensor_measurements_time
    ON water_network.sensor_measurements (measured_at DESC);

COMMENT ON TABLE water_network.sensor_measurements IS 'Measured values, partitioned by year';
