-- Manufacturers were typed in by hand.  Bring the spellings together before
-- they become a table of their own.

UPDATE water_network.valves
   SET manufacturer = NULLIF(btrim(manufacturer), '')
 WHERE manufacturer IS DISTINCT FROM NULLIF(btrim(manufacturer), '');

UPDATE water_network.hydrants
   SET manufacturer = NULLIF(btrim(manufacturer), '')
 WHERE manufacturer IS DISTINCT FROM NULLIF(btrim(manufacturer), '');

-- 'Hawle AG' and 'Hawle' are the same company.  (Written with two percent signs,
-- as this file is read with variables.)
UPDATE water_network.valves
   SET manufacturer = left(manufacturer, -3)
 WHERE manufacturer LIKE '%% AG';

UPDATE water_network.hydrants
   SET manufacturer = left(manufacturer, -3)
 WHERE manufacturer LIKE '%% AG';
