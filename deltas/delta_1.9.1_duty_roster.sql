-- On-call duty, and better lists for the team that has it.

CREATE TABLE maintenance.duty_roster (
    roster_id integer   NOT NULL GENERATED ALWAYS AS IDENTITY,
    team_id   integer   NOT NULL,
    duty      tstzrange NOT NULL,
    remarks   text,
    CONSTRAINT pk_duty_roster PRIMARY KEY (roster_id),
    CONSTRAINT fk_duty_roster_team FOREIGN KEY (team_id)
        REFERENCES maintenance.teams (team_id) ON DELETE CASCADE,
    CONSTRAINT ck_duty_roster_duty CHECK (NOT isempty(duty)),
    CONSTRAINT ex_duty_roster_duty EXCLUDE USING gist (duty WITH &&)
);

COMMENT ON TABLE maintenance.duty_roster IS 'On-call duty; one team at a time';

CREATE FUNCTION maintenance.team_on_duty(p_at timestamptz DEFAULT now())
RETURNS integer
LANGUAGE sql STABLE
AS $$
    SELECT d.team_id FROM maintenance.duty_roster AS d WHERE d.duty @> p_at
$$;

COMMENT ON FUNCTION maintenance.team_on_duty(timestamptz) IS 'Team on call at a moment, NULL if none';

-- Leaks without a severity count as moderate.
UPDATE maintenance.leaks SET severity = 3 WHERE severity IS NULL;
ALTER TABLE maintenance.leaks ALTER COLUMN severity SET NOT NULL;

CREATE INDEX ix_leaks_open ON maintenance.leaks (severity DESC, detected_at)
    WHERE repaired_at IS NULL;

-- Cancelled orders are not open; pressing ones come first.
CREATE OR REPLACE FUNCTION maintenance.open_orders(p_team_id integer, p_limit integer DEFAULT 50)
RETURNS TABLE (order_no varchar, title varchar, due_on date)
LANGUAGE sql STABLE
AS $$
    SELECT w.order_no, w.title, w.due_on
      FROM maintenance.work_orders AS w
     WHERE w.team_id = p_team_id
       AND w.status NOT IN ('done', 'cancelled')
     ORDER BY w.priority DESC, w.due_on NULLS LAST, w.order_no
     LIMIT p_limit
$$;

CREATE OR REPLACE VIEW maintenance.v_open_work_orders AS
SELECT w.work_order_id,
       w.order_no,
       w.title,
       w.priority,
       w.status,
       w.due_on,
       t.name AS team,
       COALESCE(w.due_on < CURRENT_DATE, false) AS overdue
  FROM maintenance.work_orders AS w
  LEFT JOIN maintenance.teams AS t ON t.team_id = w.team_id
 WHERE w.status NOT IN ('done', 'cancelled');
