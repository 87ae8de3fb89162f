"""What a gateway holds for the clinic, by the papers and by the books."""

from django.utils.translation import gettext_lazy as _

from apps.ledger.checking.checks import Check
from apps.ledger.checking.numbers import numbers_check

CLEARING = Check(
    code="gateway_clearing",
    title=_("What a gateway holds in the books is what it has not settled"),
    meaning=_(
        "On gateway clearing stand the payments by links less the refunds through the gateway that no settlement was "
        "for yet, and nothing besides."
    ),
    counted=_("payments and refunds not settled"),
    words={"account": _("%(booked)s stand on it; %(held)s were collected and not settled.")},
    sql="""
    clearing AS (SELECT id, code FROM ledger_account WHERE role = 'gateway_clearing'),
    booked AS (
        SELECT coalesce(sum(debit - credit), 0) AS amount FROM ledger_journalline
         WHERE account_id = (SELECT id FROM clearing)),
    held AS (
        SELECT p.amount FROM billing_payment p LEFT JOIN billing_settlementpart s ON s.payment_id = p.id
         WHERE p.method = 'link' AND p.captured_at IS NOT NULL AND s.id IS NULL
        UNION ALL
        SELECT -r.amount FROM billing_refund r LEFT JOIN billing_settlementpart s ON s.refund_id = r.id
         WHERE r.method = 'link' AND s.id IS NULL),
    examined AS (SELECT count(*) AS n FROM held),
    wrong AS (
        SELECT 'account' AS kind, c.id, c.code AS number,
               jsonb_build_object('booked', b.amount::text, 'held', h.amount::text) AS figures
          FROM clearing c, booked b, (SELECT coalesce(sum(amount), 0) AS amount FROM held) h
         WHERE b.amount <> h.amount)
    """,
)

SETTLED = Check(
    code="settlements",
    title=_("A settlement is what its payments and refunds come to"),
    meaning=_(
        "What reached the bank and what the gateway kept of it are the payments less the refunds that it was for; each "
        "of those came by a link and was settled once."
    ),
    counted=_("settlements"),
    words={
        "settlement": _(
            "%(amount)s reached the bank and %(fee)s was kept; its parts come to %(parts)s, of which %(odd)s are not "
            "what was paid or given back, or are settled twice."
        )
    },
    sql="""
    parts AS (
        SELECT s.settlement_id, s.amount,
               count(*) OVER (PARTITION BY coalesce(s.payment_id, s.refund_id)) > 1
               OR s.amount IS DISTINCT FROM coalesce(p.amount, -r.amount)
               OR coalesce(p.method, r.method) <> 'link' AS odd
          FROM billing_settlementpart s LEFT JOIN billing_payment p ON p.id = s.payment_id AND p.captured_at IS NOT NULL
          LEFT JOIN billing_refund r ON r.id = s.refund_id),
    sums AS (SELECT settlement_id, sum(amount) AS amount, count(*) FILTER (WHERE odd) AS odd FROM parts GROUP BY 1),
    examined AS (SELECT count(*) AS n FROM billing_gatewaysettlement),
    wrong AS (
        SELECT 'settlement' AS kind, f.id, f.number,
               jsonb_build_object('amount', f.amount::text, 'fee', f.fee::text, 'parts', coalesce(s.amount, 0)::text,
                                  'odd', coalesce(s.odd, 0)) AS figures
          FROM billing_gatewaysettlement f LEFT JOIN sums s ON s.settlement_id = f.id
         WHERE f.amount + f.fee <> coalesce(s.amount, 0) OR f.gross <> f.amount + f.fee OR s.odd > 0)
    """,
)

CHECKS = (
    CLEARING,
    SETTLED,
    numbers_check(
        "settlement_numbers",
        _("The settlements' numbers have no gap"),
        series="STL",
        table="billing_gatewaysettlement",
        kind="settlement",
        counted=_("numbers"),
    ),
)
