"""What the ledger must say, because billing's papers say so: owed, credit, earned, and the money in the tills.

ORDER BY … OFFSET 0: a sum for each of very many things is taken in their order. A hash of so many goes to the disk.
"""

from django.utils.translation import gettext_lazy as _

from apps.billing.drawers.posting import DRAWER_LOCKED, DRAWER_MOVED
from apps.billing.gateways.posting import GATEWAY_SETTLED
from apps.billing.posting import PAYMENT_RECEIVED, PAYMENT_REFUNDED, TILL
from apps.ledger.checking.checks import Check

RECEIVABLE = Check(
    code="receivable",
    title=_("What is owed in the books is what is due on the invoices"),
    meaning=_("On accounts receivable stands, for each invoice, what is still due on it, and nothing besides."),
    counted=_("invoices"),
    words={
        "invoice": _("The books say %(booked)s is owed, the invoice says %(due)s."),
        "account": _("%(booked)s stand on it for no invoice that there is."),
    },
    sql="""
    receivable AS (SELECT id, code FROM ledger_account WHERE role = 'accounts_receivable'),
    booked AS (
        SELECT document, sum(amount) AS amount
          FROM (SELECT document, debit - credit AS amount FROM ledger_journalline
                 WHERE account_id = (SELECT id FROM receivable) ORDER BY document OFFSET 0) l GROUP BY document),
    examined AS (SELECT count(*) AS n FROM billing_invoice WHERE issued_at IS NOT NULL),
    wrong AS (
        SELECT CASE WHEN i.id IS NULL THEN 'account' ELSE 'invoice' END AS kind,
               coalesce(i.id, (SELECT id FROM receivable)) AS id,
               coalesce(nullif(i.number, ''), i.id::text, (SELECT code FROM receivable)) AS number,
               jsonb_build_object('booked', coalesce(b.amount, 0)::text, 'due', coalesce(i.due, 0)::text) AS figures
          FROM booked b FULL JOIN billing_invoice i ON i.id = b.document
         WHERE coalesce(b.amount, 0) <> coalesce(i.due, 0))
    """,
)

CREDIT = Check(
    code="credit",
    title=_("Patients' credit in the books is what their payments hold unused"),
    meaning=_(
        "On patient credit stands, for each patient, what they paid that no invoice used and no refund gave back."
    ),
    counted=_("patients"),
    words={
        "patient_number": _("The books say %(booked)s is their credit, their payments say %(unused)s."),
        "account": _("%(booked)s stand on it for no patient that there is."),
    },
    sql="""
    credit AS (SELECT id, code FROM ledger_account WHERE role = 'patient_credit'),
    booked AS (
        SELECT subject, sum(credit - debit) AS amount FROM ledger_journalline
         WHERE account_id = (SELECT id FROM credit) GROUP BY subject),
    unused AS (SELECT patient_id, sum(unapplied) AS amount FROM billing_payment GROUP BY patient_id),
    both_sides AS (
        SELECT coalesce(u.patient_id, b.subject) AS id, coalesce(b.amount, 0) AS booked, coalesce(u.amount, 0) AS unused
          FROM booked b FULL JOIN unused u ON u.patient_id = b.subject),
    examined AS (SELECT count(*) AS n FROM unused),
    wrong AS (
        SELECT CASE WHEN p.id IS NULL THEN 'account' ELSE 'patient_number' END AS kind,
               coalesce(p.id, (SELECT id FROM credit)) AS id, coalesce(p.number, (SELECT code FROM credit)) AS number,
               jsonb_build_object('booked', s.booked::text, 'unused', s.unused::text) AS figures
          FROM both_sides s LEFT JOIN patients_patient p ON p.id = s.id WHERE s.booked <> s.unused)
    """,
)

EARNED = Check(
    code="earned",
    title=_("Revenue is what was paid for, and tax what was charged"),
    meaning=_(
        "For each invoice the books have its tax as payable, as much of its net as revenue as is paid of its total, "
        "and the rest of its net as not yet earned: each less what is credited and written off. A void invoice leaves "
        "nothing."
    ),
    counted=_("invoices"),
    words={
        "invoice": _(
            "Revenue %(revenue)s, should be %(earned)s; not yet earned %(deferred)s, should be %(unearned)s; tax "
            "%(tax)s, should be %(charged)s."
        ),
        "account": _("Revenue %(revenue)s, not yet earned %(deferred)s and tax %(tax)s for no invoice that there is."),
    },
    sql="""
    booked AS (
        SELECT document, sum(amount) FILTER (WHERE role = 'revenue') AS revenue,
               sum(amount) FILTER (WHERE role = 'deferred_revenue') AS deferred,
               sum(amount) FILTER (WHERE role = 'tax_payable') AS tax
          FROM (SELECT l.document, a.role, l.credit - l.debit AS amount
                  FROM ledger_journalline l JOIN ledger_account a ON a.id = l.account_id
                 WHERE a.role IN ('revenue', 'deferred_revenue', 'tax_payable') ORDER BY l.document OFFSET 0) l
         GROUP BY document),
    standing AS (
        SELECT id, net, total - net AS tax,
               coalesce(round(net * applied / nullif(total, 0), decimals::int), 0) AS earned
          FROM (SELECT id, decimals, applied, net - credited_net - written_off_net AS net,
                       total - credited - written_off AS total
                  FROM billing_invoice WHERE issued_at IS NOT NULL AND voided_at IS NULL) i),
    sides AS (
        SELECT coalesce(s.id, b.document) AS id,
               coalesce(b.revenue, 0) AS revenue, coalesce(b.deferred, 0) AS deferred, coalesce(b.tax, 0) AS tax,
               coalesce(s.earned, 0) AS earned, coalesce(s.net - s.earned, 0) AS unearned, coalesce(s.tax, 0) AS charged
          FROM booked b FULL JOIN standing s ON s.id = b.document),
    examined AS (SELECT count(*) AS n FROM standing),
    wrong AS (
        SELECT CASE WHEN i.id IS NULL THEN 'account' ELSE 'invoice' END AS kind,
               coalesce(i.id, a.id) AS id, coalesce(nullif(i.number, ''), i.id::text, a.code) AS number,
               jsonb_build_object('revenue', s.revenue::text, 'earned', s.earned::text, 'deferred', s.deferred::text,
                                  'unearned', s.unearned::text, 'tax', s.tax::text,
                                  'charged', s.charged::text) AS figures
          FROM sides s LEFT JOIN billing_invoice i ON i.id = s.id JOIN ledger_account a ON a.role = 'revenue'
         WHERE s.revenue <> s.earned OR s.deferred <> s.unearned OR s.tax <> s.charged)
    """,
)

METHODS = ", ".join(f"('{method.value}', '{role.value}')" for method, role in TILL.items())
TILLS = Check(
    code="tills",
    title=_("Every payment and refund is on the account of its method"),
    meaning=_(
        "What came in by cash, card, UPI or through the bank stands on that account with its payment, what was given "
        "back with its refund; so do what was moved between drawer and bank, what a drawer had over or short and what "
        "a gateway settled, and nothing else moves these accounts."
    ),
    counted=_("payments and refunds"),
    words={
        "payment": _("%(booked)s came in on its account, should be %(moved)s."),
        "refund": _("%(booked)s moved on its account, should be %(moved)s."),
        "drawer_session": _("%(booked)s moved on an account for it, should be %(moved)s."),
        "settlement": _("%(booked)s moved on an account for it, should be %(moved)s."),
        "entry": _("It moves %(booked)s on the account of a method for no payment or refund by it."),
    },
    sql=f"""
    methods (method, role) AS (VALUES {METHODS}),
    tills AS (SELECT id, role FROM ledger_account WHERE role IN (SELECT role FROM methods)),
    booked AS (
        SELECT e.id, e.number, e.source, e.source_id, l.role, l.amount
          FROM (SELECT entry_id, role, sum(amount) AS amount
                  FROM (SELECT l.entry_id, t.role, l.debit - l.credit AS amount
                          FROM ledger_journalline l JOIN tills t ON t.id = l.account_id
                         ORDER BY l.entry_id, t.role OFFSET 0) one_by_one
                 GROUP BY entry_id, role) l JOIN ledger_journalentry e ON e.id = l.entry_id),
    papers AS (
        SELECT id, 'payment' AS kind, number, '{PAYMENT_RECEIVED}' AS source, method, amount FROM billing_payment
         WHERE captured_at IS NOT NULL
        UNION ALL
        SELECT id, 'refund', number, '{PAYMENT_REFUNDED}', method, -amount FROM billing_refund
        UNION ALL
        SELECT s.id, 'drawer_session', s.number, '{DRAWER_LOCKED}', c.method, c.variance
          FROM billing_drawersession s JOIN billing_drawercount c ON c.session_id = s.id
         WHERE s.locked_at IS NOT NULL AND c.stands AND c.variance <> 0
        UNION ALL
        SELECT m.id, 'drawer_session', s.number, '{DRAWER_MOVED}', 'cash', m."into"
          FROM billing_drawermovement m JOIN billing_drawersession s ON s.id = m.session_id
         WHERE m.kind IN ('from_bank', 'to_bank', 'expense')
        UNION ALL
        SELECT m.id, 'drawer_session', s.number, '{DRAWER_MOVED}', 'bank', -m."into"
          FROM billing_drawermovement m JOIN billing_drawersession s ON s.id = m.session_id
         WHERE m.kind IN ('from_bank', 'to_bank')
        UNION ALL
        SELECT id, 'settlement', number, '{GATEWAY_SETTLED}', 'bank', amount FROM billing_gatewaysettlement
        UNION ALL
        SELECT id, 'settlement', number, '{GATEWAY_SETTLED}', 'link', -gross FROM billing_gatewaysettlement),
    moved AS (SELECT papers.*, methods.role FROM papers LEFT JOIN methods ON methods.method = papers.method),
    examined AS (SELECT count(*) AS n FROM papers),
    wrong AS (
        SELECT coalesce(m.kind, 'entry') AS kind, coalesce(m.id, b.id) AS id, coalesce(m.number, b.number) AS number,
               jsonb_build_object('booked', coalesce(b.amount, 0)::text,
                                  'moved', coalesce(m.amount, 0)::text) AS figures
          FROM booked b FULL JOIN moved m ON m.id = b.source_id AND m.source = b.source AND m.role = b.role
         WHERE coalesce(b.amount, 0) <> coalesce(m.amount, 0))
    """,  # noqa: S608 - made of our own words
)

CHECKS = (RECEIVABLE, CREDIT, EARNED, TILLS)
