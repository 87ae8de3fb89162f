"""What the taxes of lines must come to."""

from django.utils.translation import gettext_lazy as _

from apps.ledger.checking.checks import Check

LINE_TAXES = Check(
    code="line_taxes",
    title=_("The tax of a line is what its taxes come to"),
    meaning=_(
        "Each tax on top of the price is the line's net × its rate, rounded half up; taxes in the price and the net "
        "are the price; together they are the tax of the line, and their rates its rate."
    ),
    counted=_("lines"),
    words={"invoice": _("The taxes of %(lines)s of its lines come to something else than the line says.")},
    sql="""
    sums AS (
        SELECT t.line_id, sum(t.amount) AS tax, sum(t.rate) AS rate,
               coalesce(sum(t.amount) FILTER (WHERE t.is_included), 0) AS included,
               coalesce(sum(t.rate) FILTER (WHERE t.is_included), 0) AS rates_included,
               count(*) FILTER (
                   WHERE NOT t.is_included AND t.amount <> round(l.net * t.rate / 100, l.decimals::int)) AS bad
          FROM billing_invoicelinetax t JOIN billing_invoiceline l ON l.id = t.line_id GROUP BY t.line_id),
    examined AS (SELECT count(*) AS n FROM billing_invoiceline),
    bad AS (
        SELECT l.invoice_id, count(*) AS n FROM billing_invoiceline l LEFT JOIN sums s ON s.line_id = l.id
         WHERE l.tax <> coalesce(s.tax, 0) OR l.tax_rate <> coalesce(s.rate, 0) OR l.included <> coalesce(s.included, 0)
            OR s.bad > 0
            OR s.rates_included > 0
               AND l.net <> round((l.gross - l.discount) * 100 / (100 + s.rates_included), l.decimals::int)
         GROUP BY l.invoice_id),
    wrong AS (
        SELECT 'invoice' AS kind, i.id, coalesce(nullif(i.number, ''), i.id::text) AS number,
               jsonb_build_object('lines', b.n) AS figures
          FROM bad b JOIN billing_invoice i ON i.id = b.invoice_id)
    """,
)

CHECKS = (LINE_TAXES,)
