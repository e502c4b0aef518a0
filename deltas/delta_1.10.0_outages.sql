-- Outages and backup teams.  Builds on the duty roster of 1.9.1 and the zones
-- of connections of 1.8.0.

ALTER TABLE maintenance.duty_roster ADD COLUMN backup_team_id integer;

ALTER TABLE maintenance.duty_roster
    ADD CONSTRAINT fk_duty_roster_backup_team FOREIGN KEY (backup_team_id)
        REFERENCES maintenance.teams (team_id) ON DELETE SET NULL;

ALTER TABLE maintenance.duty_roster
    ADD CONSTRAINT ck_duty_roster_backup CHECK (backup_team_id <> team_id);

COMMENT ON COLUMN maintenance.duty_roster.backup_team_id IS 'Second team for large bursts';

CREATE VIEW maintenance.v_duty_plan AS
SELECT d.roster_id,
       lower(d.duty) AS from_time,
       upper(d.duty) AS until_time,
       t.name AS team,
       t.phone,
       b.name AS backup_team
  FROM maintenance.duty_roster AS d
  JOIN maintenance.teams AS t ON t.team_id = d.team_id
  LEFT JOIN maintenance.teams AS b ON b.team_id = d.backup_team_id;

COMMENT ON VIEW maintenance.v_duty_plan IS 'On-call plan with names';

CREATE TABLE maintenance.outages (
    outage_id     integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    zone_id       integer     NOT NULL,
    work_order_id integer,
    affected      tstzrange   NOT NULL,
    announced     boolean     NOT NULL DEFAULT false,
    CONSTRAINT pk_outages PRIMARY KEY (outage_id),
    CONSTRAINT fk_outages_zone FOREIGN KEY (zone_id)
        REFERENCES water_network.zones (zone_id) ON DELETE CASCADE,
    CONSTRAINT fk_outages_work_order FOREIGN KEY (work_order_id)
        REFERENCES maintenance.work_orders (work_order_id) ON DELETE SET NULL
        DEFERRABLE INITIALLY IMMEDIATE
);

CREATE INDEX ix_outages_affected ON maintenance.outages USING gist (affected);

COMMENT ON TABLE maintenance.outages IS 'Interruptions of the supply of a zone';

CREATE FUNCTION maintenance.affected_customers(p_outage_id integer)
RETURNS TABLE (customer_id integer, name varchar, email text)
LANGUAGE sql STABLE
AS $$
    SELECT DISTINCT k.customer_id, k.name, k.email::text
      FROM maintenance.outages AS o
      JOIN customer.connections AS c ON c.zone_id = o.zone_id AND c.closed_on IS NULL
      JOIN customer.customers AS k ON k.customer_id = c.customer_id
     WHERE o.outage_id = p_outage_id
       AND k.active
$$;

COMMENT ON FUNCTION maintenance.affected_customers(integer) IS 'Customers to be told about an outage';

-- The database now has the newest version.
UPDATE water_sys.versions
   SET version = '1.10.0',
       released_on = DATE '2024-11-15',
       notes = 'Outages and backup teams';
