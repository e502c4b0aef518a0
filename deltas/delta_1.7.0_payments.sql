-- Payments, partly paid invoices and foreign addresses.

-- The new value must not be used before this transaction has ended: the view
-- below therefore names the states it does not want.
ALTER TYPE customer.invoice_status ADD VALUE 'partly_paid' AFTER 'issued';

ALTER TYPE customer.postal_address ADD ATTRIBUTE country char(2);

CREATE TABLE customer.payments (
    payment_id integer        NOT NULL GENERATED ALWAYS AS IDENTITY (START WITH 1 INCREMENT BY 1 MAXVALUE 99999999),
    invoice_id integer        NOT NULL,
    paid_on    date           NOT NULL DEFAULT CURRENT_DATE,
    amount     numeric(12, 2) NOT NULL,
    method     varchar(10)    NOT NULL DEFAULT 'transfer',
    reference  text,
    CONSTRAINT pk_payments PRIMARY KEY (payment_id),
    CONSTRAINT fk_payments_invoice FOREIGN KEY (invoice_id)
        REFERENCES customer.invoices (invoice_id) ON DELETE RESTRICT,
    CONSTRAINT ck_payments_amount CHECK (amount <> 0),
    CONSTRAINT ck_payments_method CHECK (method IN ('transfer', 'debit', 'cash', 'card'))
);

CREATE INDEX ix_payments_invoice ON customer.payments (invoice_id);
CREATE UNIQUE INDEX ux_payments_reference ON customer.payments (upper(reference), paid_on)
    WHERE reference IS NOT NULL;

COMMENT ON TABLE customer.payments IS 'Payments received for invoices';

-- Staff outside the accounting see payments of the last thirteen months only.
ALTER TABLE customer.payments ENABLE ROW LEVEL SECURITY;

CREATE POLICY recent_payments ON customer.payments
    FOR SELECT
    USING (paid_on > CURRENT_DATE - 396
           OR current_setting('water.accounting', true) = 'on');

-- Paid invoices get one payment each, as booked by the former system.  This comes
-- before the triggers: they are not meant for it, and use the new value.
INSERT INTO customer.payments (invoice_id, paid_on, amount, reference)
SELECT i.invoice_id, i.due_on, i.amount, 'TAKEOVER ' || i.invoice_no
  FROM customer.invoices AS i
 WHERE i.status = 'paid'
   AND i.amount <> 0
 ORDER BY i.invoice_id;

-- Sets the state of an invoice from the sum of its payments.
CREATE FUNCTION customer.settle_invoice()
RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v_paid numeric;
BEGIN
    SELECT sum(p.amount) INTO v_paid
      FROM customer.payments AS p
     WHERE p.invoice_id = NEW.invoice_id;
    UPDATE customer.invoices AS i
       SET status = CASE WHEN v_paid >= i.amount THEN 'paid' ELSE 'partly_paid' END::customer.invoice_status
     WHERE i.invoice_id = NEW.invoice_id
       AND i.status IN ('issued', 'partly_paid');
    RETURN NULL;
END
$$;

CREATE TRIGGER trg_payments_settle
    AFTER INSERT ON customer.payments
    FOR EACH ROW EXECUTE FUNCTION customer.settle_invoice();

CREATE TRIGGER trg_payments_audit
    AFTER INSERT OR DELETE OR UPDATE ON customer.payments
    FOR EACH ROW EXECUTE FUNCTION water_sys.audit_row('payment_id');

CREATE OR REPLACE VIEW customer.v_open_invoices AS
SELECT i.invoice_id,
       i.invoice_no,
       c.customer_no,
       c.name AS customer,
       i.issued_on,
       i.due_on,
       i.amount,
       i.amount - COALESCE(p.paid, 0) AS balance
  FROM customer.invoices AS i
  JOIN customer.customers AS c ON c.customer_id = i.customer_id
  LEFT JOIN (SELECT invoice_id, sum(amount) AS paid
               FROM customer.payments
              GROUP BY invoice_id) AS p ON p.invoice_id = i.invoice_id
 WHERE i.status NOT IN ('draft', 'paid', 'cancelled');
