-- Every connection belongs to a pressure zone: that of its node, else the
-- default zone of this installation.  Needs the variable default_zone.

ALTER TABLE customer.connections ADD COLUMN zone_id integer;

UPDATE customer.connections AS c
   SET zone_id = COALESCE(n.zone_id, %(default_zone)s)
  FROM water_network.nodes AS n
 WHERE n.node_id = c.node_id;

ALTER TABLE customer.connections ALTER COLUMN zone_id SET NOT NULL;

ALTER TABLE customer.connections
    ADD CONSTRAINT fk_connections_zone FOREIGN KEY (zone_id)
        REFERENCES water_network.zones (zone_id) ON DELETE RESTRICT;

CREATE INDEX ix_connections_zone ON customer.connections (zone_id);

COMMENT ON COLUMN customer.connections.zone_id IS 'Pressure zone that supplies the connection';
