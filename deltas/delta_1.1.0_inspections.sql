-- Condition inspections of pipes.

CREATE TABLE maintenance.inspections (
    inspection_id integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    pipe_id       integer     NOT NULL,
    employee_id   integer,
    inspected_on  date        NOT NULL DEFAULT CURRENT_DATE,
    method        varchar(12) NOT NULL,
    grade         smallint    NOT NULL,
    findings      jsonb       NOT NULL DEFAULT '[]'::jsonb,
    CONSTRAINT pk_inspections PRIMARY KEY (inspection_id),
    CONSTRAINT uq_inspections_pipe_day UNIQUE (pipe_id, inspected_on, method),
    CONSTRAINT fk_inspections_pipe FOREIGN KEY (pipe_id)
        REFERENCES water_network.pipes (pipe_id) ON DELETE CASCADE,
    CONSTRAINT fk_inspections_employee FOREIGN KEY (employee_id)
        REFERENCES maintenance.employees (employee_id) ON DELETE SET NULL,
    CONSTRAINT ck_inspections_method CHECK (method IN ('acoustic', 'camera', 'visual')),
    CONSTRAINT ck_inspections_grade CHECK (grade BETWEEN 1 AND 5)
);

CREATE INDEX ix_inspections_recent
    ON maintenance.inspections (pipe_id, inspected_on DESC) INCLUDE (grade);

COMMENT ON TABLE maintenance.inspections IS 'Condition inspections of pipes';
COMMENT ON COLUMN maintenance.inspections.grade IS '1 (as new) to 5 (replace now)';

-- Every pipe with a grave leak gets a first inspection from its records.
INSERT INTO maintenance.inspections (pipe_id, inspected_on, method, grade, findings)
SELECT l.pipe_id,
       max(l.detected_at)::date,
       'acoustic',
       least(5, max(l.severity)),
       jsonb_agg(jsonb_build_object('leak', l.leak_id, 'loss_m3_h', l.loss_m3_h) ORDER BY l.leak_id)
  FROM maintenance.leaks AS l
 WHERE l.severity >= 4
 GROUP BY l.pipe_id;
