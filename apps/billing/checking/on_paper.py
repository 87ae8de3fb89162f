"""What billing's papers must say of each other: sums of invoices, uses of payments, visits, numbers."""

from django.utils.translation import gettext_lazy as _

from apps.ledger.checking.checks import Check
from apps.ledger.checking.numbers import numbers_check

INVOICE_LINES = Check(
    code="invoice_lines",
    title=_("An invoice comes to what its lines come to"),
    meaning=_(
        "Each line is price × quantity less discount plus tax, rounded half up; net and tax of the lines add up to "
        "net, tax and total of the invoice."
    ),
    counted=_("invoices"),
    words={
        "invoice": _(
            "The lines come to %(lines_net)s and tax %(lines_tax)s (%(miscounted)s worked out wrongly); the invoice "
            "says %(net)s, tax %(tax)s, total %(total)s."
        )
    },
    sql="""
    sums AS (
        SELECT invoice_id, sum(net) AS net, sum(tax) AS tax, count(*) FILTER (WHERE
                   gross <> round(unit_price * quantity, decimals::int)
                   OR net <> gross - discount - included OR total <> net + tax
                   OR discount <> round(coalesce(gross * discount_percent / 100, discount), decimals::int)
               ) AS miscounted
          FROM billing_invoiceline GROUP BY invoice_id),
    examined AS (SELECT count(*) AS n FROM billing_invoice),
    wrong AS (
        SELECT 'invoice' AS kind, i.id, coalesce(nullif(i.number, ''), i.id::text) AS number,
               jsonb_build_object('lines_net', coalesce(s.net, 0)::text, 'lines_tax', coalesce(s.tax, 0)::text,
                                  'miscounted', coalesce(s.miscounted, 0), 'net', i.net::text, 'tax', i.tax::text,
                                  'total', i.total::text) AS figures
          FROM billing_invoice i LEFT JOIN sums s ON s.invoice_id = i.id
         WHERE i.net <> coalesce(s.net, 0) OR i.tax <> coalesce(s.tax, 0) OR i.total <> i.net + i.tax
            OR s.miscounted > 0)
    """,
)

INVOICE_PAID = Check(
    code="invoice_paid",
    title=_("Paid, credited, written off and due add up to the total of an invoice"),
    meaning=_(
        "What an invoice says is paid is what payments put on it and did not take off again; what is credited and "
        "written off is what its credit notes and its write-offs say. With what is due they come to the total. A draft "
        "and a void invoice hold nothing and nothing is due on them."
    ),
    counted=_("invoices"),
    words={
        "invoice": _(
            "Payments put %(put)s on it; it says %(applied)s paid, %(due)s due, %(total)s in total. Refunds took "
            "%(taken)s off; it says %(refunded)s. Credit notes come to %(notes)s, it says %(credited)s; write-offs to "
            "%(given_up)s, it says %(written_off)s."
        )
    },
    sql="""
    sums AS (
        SELECT invoice_id, sum(amount) AS put, -coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS taken
          FROM billing_paymentallocation GROUP BY invoice_id),
    notes AS (SELECT invoice_id, sum(total) AS total, sum(net) AS net FROM billing_creditnote GROUP BY invoice_id),
    given_up AS (SELECT invoice_id, sum(amount) AS total, sum(net) AS net FROM billing_writeoff GROUP BY invoice_id),
    examined AS (SELECT count(*) AS n FROM billing_invoice),
    wrong AS (
        SELECT 'invoice' AS kind, i.id, coalesce(nullif(i.number, ''), i.id::text) AS number,
               jsonb_build_object('put', coalesce(s.put, 0)::text, 'applied', i.applied::text, 'due', i.due::text,
                                  'total', i.total::text, 'taken', coalesce(s.taken, 0)::text,
                                  'refunded', i.refunded::text, 'notes', coalesce(n.total, 0)::text,
                                  'credited', i.credited::text, 'given_up', coalesce(g.total, 0)::text,
                                  'written_off', i.written_off::text) AS figures
          FROM billing_invoice i LEFT JOIN sums s ON s.invoice_id = i.id
          LEFT JOIN notes n ON n.invoice_id = i.id LEFT JOIN given_up g ON g.invoice_id = i.id
         WHERE i.applied <> coalesce(s.put, 0) OR i.refunded <> coalesce(s.taken, 0)
            OR i.credited <> coalesce(n.total, 0) OR i.credited_net <> coalesce(n.net, 0)
            OR i.written_off <> coalesce(g.total, 0) OR i.written_off_net <> coalesce(g.net, 0)
            OR i.due < 0 OR i.applied + i.credited + i.written_off + i.due
               <> CASE WHEN i.issued_at IS NOT NULL AND i.voided_at IS NULL THEN i.total ELSE 0 END)
    """,
)

CREDIT_NOTES = Check(
    code="credit_notes",
    title=_("A credit note comes to what its lines come to"),
    meaning=_(
        "Net and tax of its lines add up to net, tax and total of each credit note; the lines are of its invoice, and "
        "none was credited beyond what it was."
    ),
    counted=_("credit notes"),
    words={
        "credit_note": _(
            "Its lines come to %(lines_net)s and tax %(lines_tax)s (%(beyond)s of them beyond the invoice); it says "
            "%(net)s, tax %(tax)s, total %(total)s."
        )
    },
    sql="""
    ever AS (SELECT line_id, sum(net) AS net, sum(tax) AS tax FROM billing_creditnoteline GROUP BY line_id),
    sums AS (
        SELECT c.note_id, sum(c.net) AS net, sum(c.tax) AS tax, count(*) FILTER (WHERE
                   l.id IS NULL OR l.invoice_id <> n.invoice_id OR e.net > l.net OR e.tax > l.tax
                   OR e.net < 0 OR e.tax < 0) AS beyond
          FROM billing_creditnoteline c JOIN billing_creditnote n ON n.id = c.note_id
          JOIN ever e ON e.line_id = c.line_id LEFT JOIN billing_invoiceline l ON l.id = c.line_id GROUP BY c.note_id),
    examined AS (SELECT count(*) AS n FROM billing_creditnote),
    wrong AS (
        SELECT 'credit_note' AS kind, n.id, n.number,
               jsonb_build_object('lines_net', coalesce(s.net, 0)::text, 'lines_tax', coalesce(s.tax, 0)::text,
                                  'beyond', coalesce(s.beyond, 0), 'net', n.net::text, 'tax', n.tax::text,
                                  'total', n.total::text) AS figures
          FROM billing_creditnote n LEFT JOIN sums s ON s.note_id = n.id
         WHERE n.net <> coalesce(s.net, 0) OR n.tax <> coalesce(s.tax, 0) OR n.total <> n.net + n.tax OR s.beyond > 0)
    """,
)

WRITE_OFFS = Check(
    code="write_offs",
    title=_("What was taken back of write-offs was taken back once and exactly"),
    meaning=_(
        "A write-off is taken back once at most, wholly and on its own invoice, and what takes it back is not taken "
        "back again."
    ),
    counted=_("write-offs"),
    words={"write_off": _("It takes back %(taken)s of a write-off of %(amount)s, which is done %(times)s times.")},
    sql="""
    back AS (
        SELECT b.*, o.amount AS of_amount, o.net AS of_net, o.invoice_id AS of_invoice, o.reverses_id AS of_reverses,
               count(*) OVER (PARTITION BY b.reverses_id) AS times
          FROM billing_writeoff b LEFT JOIN billing_writeoff o ON o.id = b.reverses_id WHERE b.reverses_id IS NOT NULL),
    examined AS (SELECT count(*) AS n FROM billing_writeoff),
    wrong AS (
        SELECT 'write_off' AS kind, id, number,
               jsonb_build_object('taken', (-amount)::text, 'amount', coalesce(of_amount, 0)::text,
                                  'times', times) AS figures
          FROM back WHERE times > 1 OR of_reverses IS NOT NULL OR of_invoice IS DISTINCT FROM invoice_id
            OR of_amount IS DISTINCT FROM -amount OR of_net IS DISTINCT FROM -net
        UNION ALL
        SELECT 'write_off', id, number, jsonb_build_object('taken', (-amount)::text, 'amount', '0', 'times', 0)
          FROM billing_writeoff WHERE reverses_id IS NULL AND amount <= 0)
    """,
)

PAYMENTS_USED = Check(
    code="payments_used",
    title=_("No payment is used twice"),
    meaning=_(
        "What a payment says is used is what stands on invoices of it; used, given back and unused add up to what was "
        "paid, and none of them is below zero. Money on its way is used by nothing."
    ),
    counted=_("payments"),
    words={
        "payment": _(
            "Paid %(amount)s; %(put)s of it stand on invoices, it says %(applied)s used, %(refunded)s given back and "
            "%(unapplied)s unused."
        )
    },
    sql="""
    sums AS (SELECT payment_id, sum(amount) AS put FROM billing_paymentallocation GROUP BY payment_id),
    examined AS (SELECT count(*) AS n FROM billing_payment),
    wrong AS (
        SELECT 'payment' AS kind, p.id, coalesce(nullif(p.number, ''), p.id::text) AS number,
               jsonb_build_object('amount', p.amount::text, 'put', coalesce(s.put, 0)::text, 'applied', p.applied::text,
                                  'refunded', p.refunded::text, 'unapplied', p.unapplied::text) AS figures
          FROM billing_payment p LEFT JOIN sums s ON s.payment_id = p.id
         WHERE p.applied <> coalesce(s.put, 0) OR p.unapplied < 0 OR p.applied < 0
            OR p.applied + p.refunded + p.unapplied <> CASE WHEN p.captured_at IS NOT NULL THEN p.amount ELSE 0 END)
    """,
)

REFUNDS = Check(
    code="refunds",
    title=_("Never more is given back than was paid"),
    meaning=_("All refunds of a payment together are what it says is given back, and at most what was paid."),
    counted=_("refunded payments"),
    words={"payment": _("Paid %(amount)s; refunds come to %(given)s, it says %(refunded)s.")},
    sql="""
    sums AS (SELECT payment_id, sum(amount) AS given FROM billing_refund GROUP BY payment_id),
    examined AS (SELECT count(*) AS n FROM sums),
    wrong AS (
        SELECT 'payment' AS kind, p.id, coalesce(nullif(p.number, ''), p.id::text) AS number,
               jsonb_build_object('amount', p.amount::text, 'given', coalesce(s.given, 0)::text,
                                  'refunded', p.refunded::text) AS figures
          FROM billing_payment p LEFT JOIN sums s ON s.payment_id = p.id
         WHERE p.refunded <> coalesce(s.given, 0) OR s.given > p.amount)
    """,
)

# FR-B01. A visit whose invoice was made void keeps it as a fact with a reason: that visit has been invoiced, too.
COMPLETIONS = Check(
    code="completions",
    title=_("Every completed visit made one invoice"),
    meaning=_(
        "Each completed visit made its invoice, when it was completed or at check-in; no more than one of it stands "
        "beside those that were made void. No visit that is not completed has one, but for those that are charged at "
        "check-in: the patient did come, and no draft stands once the visit was called off."
    ),
    counted=_("completed visits"),
    words={"visit": _("It made %(made)s invoices, %(standing)s of which stand.")},
    sql="""
    made AS (
        SELECT appointment_id, count(*) AS made, count(*) FILTER (WHERE voided_at IS NULL) AS standing,
               count(*) FILTER (WHERE source = 'visit') AS at_the_end,
               count(*) FILTER (WHERE issued_at IS NULL AND voided_at IS NULL) AS drafts
          FROM billing_invoice WHERE source IN ('visit', 'arrival') GROUP BY appointment_id),
    examined AS (SELECT count(*) AS n FROM scheduling_appointment WHERE status = 'completed'),
    wrong AS (
        SELECT 'visit' AS kind, v.id, v.number,
               jsonb_build_object('made', coalesce(m.made, 0), 'standing', coalesce(m.standing, 0)) AS figures
          FROM scheduling_appointment v LEFT JOIN made m ON m.appointment_id = v.id
         WHERE CASE WHEN v.status = 'completed' THEN m.made IS NULL OR m.standing > 1
                    WHEN m.made IS NULL THEN false
                    ELSE m.standing > 1 OR m.at_the_end > 0
                         OR m.drafts > 0 AND v.status NOT IN ('arrived', 'in_session')
                         OR NOT EXISTS (SELECT FROM scheduling_appointmenttransition t
                                         WHERE t.appointment_id = v.id AND t.to_status = 'arrived') END)
    """,
)

CHECKS = (
    INVOICE_LINES,
    INVOICE_PAID,
    CREDIT_NOTES,
    WRITE_OFFS,
    PAYMENTS_USED,
    REFUNDS,
    COMPLETIONS,
    numbers_check(
        "invoice_numbers",
        _("The invoices' numbers have no gap"),
        series="INV",
        table="billing_invoice",
        kind="invoice",
        counted=_("numbers"),
    ),
    numbers_check(
        "receipt_numbers",
        _("The receipts' numbers have no gap"),
        series="RCT",
        table="billing_payment",
        kind="payment",
        counted=_("numbers"),
    ),
    numbers_check(
        "refund_numbers",
        _("The refunds' numbers have no gap"),
        series="RFD",
        table="billing_refund",
        kind="refund",
        counted=_("numbers"),
    ),
    numbers_check(
        "credit_note_numbers",
        _("The credit notes' numbers have no gap"),
        series="CRN",
        table="billing_creditnote",
        kind="credit_note",
        counted=_("numbers"),
    ),
    numbers_check(
        "write_off_numbers",
        _("The write-offs' numbers have no gap"),
        series="WOF",
        table="billing_writeoff",
        kind="write_off",
        counted=_("numbers"),
    ),
)
