"""What was taken back of credit notes."""

from django.utils.translation import gettext_lazy as _

from apps.ledger.checking.checks import Check

TAKEN_BACK = Check(
    code="credit_notes_taken_back",
    title=_("What was taken back of credit notes was taken back once and exactly"),
    meaning=_(
        "A credit note is taken back once at most, line by line and on its own invoice, and what takes it back is not "
        "taken back again."
    ),
    counted=_("credit notes"),
    words={
        "credit_note": _("It takes back %(taken)s of a credit note of %(total)s, which is done %(times)s times."),
    },
    sql="""
    back AS (
        SELECT b.*, o.total AS of_total, o.net AS of_net, o.invoice_id AS of_invoice, o.reverses_id AS of_reverses,
               count(*) OVER (PARTITION BY b.reverses_id) AS times
          FROM billing_creditnote b LEFT JOIN billing_creditnote o ON o.id = b.reverses_id
         WHERE b.reverses_id IS NOT NULL),
    mirrored AS (
        SELECT b.id, c.line_id, c.net, c.tax FROM back b JOIN billing_creditnoteline c ON c.note_id = b.id
        UNION ALL
        SELECT b.id, c.line_id, c.net, c.tax FROM back b JOIN billing_creditnoteline c ON c.note_id = b.reverses_id),
    unlike AS (
        SELECT DISTINCT id FROM mirrored GROUP BY id, line_id HAVING sum(net) <> 0 OR sum(tax) <> 0),
    examined AS (SELECT count(*) AS n FROM billing_creditnote),
    wrong AS (
        SELECT 'credit_note' AS kind, id, number,
               jsonb_build_object('taken', (-total)::text, 'total', coalesce(of_total, 0)::text,
                                  'times', times) AS figures
          FROM back WHERE times > 1 OR of_reverses IS NOT NULL OR of_invoice IS DISTINCT FROM invoice_id
            OR of_total IS DISTINCT FROM -total OR of_net IS DISTINCT FROM -net OR id IN (SELECT id FROM unlike)
        UNION ALL
        SELECT 'credit_note', id, number, jsonb_build_object('taken', (-total)::text, 'total', '0', 'times', 0)
          FROM billing_creditnote WHERE reverses_id IS NULL AND total <= 0)
    """,
)

CHECKS = (TAKEN_BACK,)
