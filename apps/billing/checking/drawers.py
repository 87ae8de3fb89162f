"""What the cashier's day must add up to: in each drawer, and between drawers and books."""

from django.utils.translation import gettext_lazy as _

from apps.billing.drawers.posting import DRAWER_LOCKED
from apps.ledger.checking.checks import Check
from apps.ledger.checking.numbers import numbers_check

DRAWER_SUMS = Check(
    code="drawer_sums",
    title=_("Every counted drawer adds up"),
    meaning=_(
        "Of each method: the float, what came in, what went out and what was moved come to what was expected; and of "
        "cash, the notes and coins to what was counted. Of several counts the last one stands. Whoever took a drawer"
        " over began with what the one before had counted."
    ),
    counted=_("counts"),
    words={
        "drawer_session": _(
            "%(method_n)s wrong counts: expected %(expected)s, the facts come to %(facts)s; counted %(counted)s, the "
            "notes and coins come to %(pieces)s; the float is %(float)s, handed over were %(handed)s."
        )
    },
    sql="""
    came AS (
        SELECT drawer_session_id AS session_id, method, amount FROM billing_payment
         WHERE drawer_session_id IS NOT NULL
        UNION ALL
        SELECT drawer_session_id, method, -amount FROM billing_refund WHERE drawer_session_id IS NOT NULL
        UNION ALL
        SELECT session_id, 'cash', CASE WHEN kind IN ('from_safe', 'from_bank') THEN amount ELSE -amount END
          FROM billing_drawermovement),
    facts AS (
        SELECT session_id, method, sum(amount) AS amount FROM came GROUP BY session_id, method),
    counts AS (
        SELECT s.id, s.number, c.method, c.counted, c.expected, s.opening_float,
               CASE WHEN c.method = 'cash' THEN s.opening_float ELSE 0 END + coalesce(f.amount, 0) AS facts,
               CASE WHEN c.method = 'cash' THEN
                   (SELECT coalesce(sum(CASE p.key WHEN 'loose' THEN p.value::numeric
                                                   ELSE p.key::numeric * p.value::numeric END), 0)
                      FROM jsonb_each_text(c.pieces) p) ELSE c.counted END AS pieces,
               CASE WHEN c.method = 'cash' THEN
                   (SELECT b.counted FROM billing_drawercount b
                     WHERE b.session_id = s.follows_id AND b.method = 'cash' AND b.stands)
               END AS handed,
               c.stands <> (c.turn = max(c.turn) OVER (PARTITION BY c.session_id)) AS mislaid
          FROM billing_drawersession s JOIN billing_drawercount c ON c.session_id = s.id
          LEFT JOIN facts f ON f.session_id = s.id AND f.method = c.method),
    odd AS (
        SELECT id, number, count(*) AS method_n, sum(expected) AS expected, sum(facts) AS facts,
               sum(counted) AS counted, sum(pieces) AS pieces, max(opening_float) AS opening_float,
               max(coalesce(handed, 0)) AS handed
          FROM counts
         WHERE expected <> facts OR counted <> pieces OR coalesce(handed, opening_float) <> opening_float OR mislaid
         GROUP BY id, number
        UNION ALL
        SELECT s.id, s.number, count(*), 0, 0, 0, 0, s.opening_float, 0
          FROM billing_drawersession s
          CROSS JOIN (VALUES ('cash'), ('card'), ('upi'), ('cheque')) m (method)
         WHERE s.counted_at IS NOT NULL
           AND NOT EXISTS (SELECT FROM billing_drawercount c
                            WHERE c.session_id = s.id AND c.method = m.method AND c.stands)
         GROUP BY s.id),
    examined AS (SELECT count(*) AS n FROM billing_drawercount),
    wrong AS (
        SELECT 'drawer_session' AS kind, id, number,
               jsonb_build_object('method_n', method_n, 'expected', expected::text, 'facts', facts::text,
                                  'counted', counted::text, 'pieces', pieces::text, 'float', opening_float::text,
                                  'handed', handed::text) AS figures
          FROM odd)
    """,
)

DRAWER_VARIANCES = Check(
    code="drawer_variances",
    title=_("What drawers had over or short is in the books"),
    meaning=_(
        "On cash over and short stands, for each locked drawer, what was counted less what was expected, and nothing "
        "besides."
    ),
    counted=_("locked drawers"),
    words={
        "drawer_session": _("Counted less expected is %(variance)s, the books say %(booked)s."),
        "entry": _("It moves %(booked)s on cash over and short for no locked drawer."),
    },
    sql=f"""
    booked AS (
        SELECT e.id, e.number, e.source, e.source_id, sum(l.credit - l.debit) AS amount
          FROM ledger_journalline l JOIN ledger_journalentry e ON e.id = l.entry_id
         WHERE l.account_id = (SELECT id FROM ledger_account WHERE role = 'cash_over_short') GROUP BY e.id),
    locked AS (
        SELECT s.id, s.number, sum(c.variance) AS variance
          FROM billing_drawersession s JOIN billing_drawercount c ON c.session_id = s.id
         WHERE s.locked_at IS NOT NULL AND c.stands GROUP BY s.id),
    examined AS (SELECT count(*) AS n FROM locked),
    wrong AS (
        SELECT CASE WHEN k.id IS NULL THEN 'entry' ELSE 'drawer_session' END AS kind, coalesce(k.id, b.id) AS id,
               coalesce(k.number, b.number) AS number,
               jsonb_build_object('variance', coalesce(k.variance, 0)::text,
                                  'booked', coalesce(b.amount, 0)::text) AS figures
          FROM booked b FULL JOIN locked k ON k.id = b.source_id AND b.source = '{DRAWER_LOCKED}'
         WHERE coalesce(b.amount, 0) <> coalesce(k.variance, 0))
    """,  # noqa: S608 - made of our own words
)

CHECKS = (
    DRAWER_SUMS,
    DRAWER_VARIANCES,
    numbers_check(
        "drawer_numbers",
        _("The drawer sessions' numbers have no gap"),
        series="DRW",
        table="billing_drawersession",
        kind="drawer_session",
        counted=_("numbers"),
    ),
)
