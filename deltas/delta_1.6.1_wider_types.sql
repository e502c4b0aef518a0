-- Wider types: the radio meters will outgrow integer keys, bulk customers have
-- outgrown numeric(8,2), foreign phone numbers varchar(20), and diameters become
-- integers like everywhere else.

-- Views that show the changed columns have to go for a moment.
DROP VIEW customer.v_overdue_invoices;
DROP VIEW customer.v_open_invoices;
DROP VIEW customer.v_contacts;
DROP VIEW water_network.v_pipes;

-- Keys of readings, with their sequence.
ALTER TABLE customer.meter_readings ALTER COLUMN reading_id TYPE bigint;
ALTER SEQUENCE customer.meter_readings_reading_id_seq AS bigint;
ALTER TABLE customer.invoice_lines ALTER COLUMN reading_id TYPE bigint;

-- One more source of readings.  The check is dropped first: it is written anew
-- anyway, and a rewritten check would not read as in build.sql.
ALTER TABLE customer.meter_readings DROP CONSTRAINT ck_meter_readings_source;
ALTER TABLE customer.meter_readings ALTER COLUMN source TYPE varchar(16);
ALTER TABLE customer.meter_readings
    ADD CONSTRAINT ck_meter_readings_source
        CHECK (source IN ('manual', 'radio', 'estimate', 'customer_portal'));

ALTER TABLE customer.invoices ALTER COLUMN amount TYPE numeric(12, 2);
ALTER TABLE customer.customers ALTER COLUMN phone TYPE varchar(40);

-- The computed volume depends on the diameter and must be added again.
ALTER TABLE water_network.pipes DROP COLUMN volume_m3;
ALTER TABLE water_network.pipes ALTER COLUMN diameter_mm TYPE integer;
ALTER TABLE water_network.pipes
    ADD COLUMN volume_m3 numeric(12, 3)
        GENERATED ALWAYS AS (round(length_m * diameter_mm * diameter_mm * 0.00000078539816, 3)) STORED;

COMMENT ON COLUMN water_network.pipes.volume_m3 IS 'Water volume of the section, computed';

-- The same views again.
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
       p.laid
  FROM water_network.pipes AS p
  JOIN water_network.nodes AS a ON a.node_id = p.from_node_id
  JOIN water_network.nodes AS b ON b.node_id = p.to_node_id
  JOIN water_network.materials AS m ON m.material_code = p.material_code;

COMMENT ON VIEW water_network.v_pipes IS 'Pipes with readable names; status and date can be edited';

CREATE TRIGGER trg_v_pipes_update
    INSTEAD OF UPDATE ON water_network.v_pipes
    FOR EACH ROW EXECUTE FUNCTION water_network.v_pipes_update();

CREATE VIEW customer.v_contacts AS
SELECT c.customer_no,
       c.name,
       c.email,
       c.phone,
       (c.address).postcode AS postcode,
       (c.address).city     AS city
  FROM customer.customers AS c
 WHERE c.active;

CREATE RULE insert_contact AS
    ON INSERT TO customer.v_contacts
    DO INSTEAD
    INSERT INTO customer.customers (customer_no, name, email, phone)
    VALUES (new.customer_no, new.name, new.email, new.phone);

COMMENT ON VIEW customer.v_contacts IS 'Address book; new contacts can be inserted';
COMMENT ON RULE insert_contact ON customer.v_contacts IS 'New contacts become household customers';

CREATE VIEW customer.v_open_invoices AS
SELECT i.invoice_id,
       i.invoice_no,
       c.customer_no,
       c.name AS customer,
       i.issued_on,
       i.due_on,
       i.amount
  FROM customer.invoices AS i
  JOIN customer.customers AS c ON c.customer_id = i.customer_id
 WHERE i.status = 'issued';

CREATE VIEW customer.v_overdue_invoices AS
SELECT o.invoice_no,
       o.customer_no,
       o.customer,
       o.amount,
       CURRENT_DATE - o.due_on AS days_overdue
  FROM customer.v_open_invoices AS o
 WHERE o.due_on < CURRENT_DATE;

COMMENT ON VIEW customer.v_overdue_invoices IS 'Candidates for a reminder';
