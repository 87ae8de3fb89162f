-- No discount without its reason: a line with one names what was given, on its own invoice, and why.
-- What was let off before reasons were asked for stays as it was: NOT VALID asks for one whenever such a line is written.
ALTER TABLE billing_discount
    ADD CONSTRAINT discount_for_a_reason CHECK (octet_length(reason) > 0),
    ADD CONSTRAINT discount_of_its_invoice UNIQUE (id, invoice_id)
-- ;;
ALTER TABLE billing_invoiceline
    ADD CONSTRAINT line_discount_was_given CHECK (discount = 0 OR discount_given_id IS NOT NULL) NOT VALID,
    ADD CONSTRAINT line_discount_of_its_invoice FOREIGN KEY (discount_given_id, invoice_id)
        REFERENCES billing_discount (id, invoice_id) DEFERRABLE INITIALLY DEFERRED
