-- Spare parts in the depot, and their use by work orders.

CREATE SEQUENCE maintenance.part_number_seq
    START WITH 5000 INCREMENT BY 10 MINVALUE 5000 MAXVALUE 99990 CACHE 1;

COMMENT ON SEQUENCE maintenance.part_number_seq IS 'Numbers of spare parts, in steps of ten';

CREATE TABLE maintenance.spare_parts (
    part_no    varchar(12)    NOT NULL
        DEFAULT 'P' || nextval('maintenance.part_number_seq')::text,
    name       varchar(80)    NOT NULL,
    unit       varchar(4)     NOT NULL DEFAULT 'pc',
    stock      numeric(8, 2)  NOT NULL DEFAULT 0,
    min_stock  numeric(8, 2)  NOT NULL DEFAULT 1,
    unit_price numeric(10, 2),
    CONSTRAINT pk_spare_parts PRIMARY KEY (part_no),
    CONSTRAINT ck_spare_parts_unit CHECK (unit IN ('pc', 'm', 'kg')),
    CONSTRAINT ck_spare_parts_stock CHECK (stock >= 0 AND min_stock >= 0)
);

CREATE INDEX ix_spare_parts_short ON maintenance.spare_parts ((min_stock - stock) DESC)
    WHERE stock < min_stock;

CREATE TABLE maintenance.work_order_parts (
    work_order_id integer       NOT NULL,
    part_no       varchar(12)   NOT NULL,
    quantity      numeric(8, 2) NOT NULL DEFAULT 1,
    CONSTRAINT pk_work_order_parts PRIMARY KEY (work_order_id, part_no),
    CONSTRAINT fk_work_order_parts_order FOREIGN KEY (work_order_id)
        REFERENCES maintenance.work_orders (work_order_id) ON DELETE CASCADE,
    CONSTRAINT fk_work_order_parts_part FOREIGN KEY (part_no)
        REFERENCES maintenance.spare_parts (part_no) ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT ck_work_order_parts_quantity CHECK (quantity > 0)
);

COMMENT ON TABLE maintenance.spare_parts IS 'Spare parts in the depot';
COMMENT ON TABLE maintenance.work_order_parts IS 'Parts used by work orders';

-- Takes used parts from the stock, and puts them back when the line goes.
CREATE FUNCTION maintenance.move_stock()
RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP IN ('UPDATE', 'DELETE') THEN
        UPDATE maintenance.spare_parts
           SET stock = stock + OLD.quantity
         WHERE part_no = OLD.part_no;
    END IF;
    IF TG_OP IN ('INSERT', 'UPDATE') THEN
        UPDATE maintenance.spare_parts
           SET stock = stock - NEW.quantity
         WHERE part_no = NEW.part_no;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER trg_work_order_parts_stock
    AFTER INSERT OR DELETE OR UPDATE OF part_no, quantity ON maintenance.work_order_parts
    FOR EACH ROW EXECUTE FUNCTION maintenance.move_stock();

INSERT INTO maintenance.spare_parts (name, unit, stock, min_stock, unit_price) VALUES
    ('Repair clamp DN 100', 'pc', 12, 4, 84.50),
    ('Repair clamp DN 150', 'pc', 8, 4, 112.00),
    ('Gate valve DN 100', 'pc', 3, 2, 310.00),
    ('PE pipe d63', 'm', 120, 50, 6.40);
