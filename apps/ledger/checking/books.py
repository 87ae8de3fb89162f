"""What holds in any books, whatever they are about: double entry, mirrors, numbers."""

from django.utils.translation import gettext_lazy as _

from apps.ledger.checking.checks import Check
from apps.ledger.checking.numbers import numbers_check

ENTRIES_BALANCE = Check(
    code="entries_balance",
    title=_("Every entry balances"),
    meaning=_("Each entry of the journal has two lines or more, and its debits equal its credits."),
    counted=_("entries"),
    words={"entry": _("%(lines)s lines: debits %(debits)s, credits %(credits)s.")},
    sql="""
    sums AS (
        SELECT entry_id, count(*) AS lines, sum(debit) AS debits, sum(credit) AS credits
          FROM ledger_journalline GROUP BY entry_id),
    examined AS (SELECT count(*) AS n FROM ledger_journalentry),
    wrong AS (
        SELECT 'entry' AS kind, coalesce(e.id, s.entry_id) AS id, coalesce(e.number, s.entry_id::text) AS number,
               jsonb_build_object('lines', coalesce(s.lines, 0), 'debits', coalesce(s.debits, 0)::text,
                                  'credits', coalesce(s.credits, 0)::text) AS figures
          FROM ledger_journalentry e FULL JOIN sums s ON s.entry_id = e.id
         WHERE e.id IS NULL OR s.lines IS NULL OR s.lines < 2 OR s.debits <> s.credits)
    """,
)

TRIAL_BALANCE = Check(
    code="trial_balance",
    title=_("The trial balance is zero"),
    meaning=_("All debits of all accounts together equal all credits."),
    counted=_("accounts"),
    words={"trial_balance": _("All debits come to %(debits)s, all credits to %(credits)s.")},
    sql="""
    sums AS (SELECT account_id, sum(debit) AS debits, sum(credit) AS credits
          FROM ledger_journalline GROUP BY account_id),
    examined AS (SELECT count(*) AS n FROM ledger_account),
    wrong AS (
        SELECT 'trial_balance' AS kind, NULL::uuid AS id, '' AS number,
               jsonb_build_object('debits', sum(debits)::text, 'credits', sum(credits)::text) AS figures
          FROM sums HAVING sum(debits) <> sum(credits))
    """,
)

LINES_FOLLOW_ENTRIES = Check(
    code="lines_follow_entries",
    title=_("Lines count when their entry counts"),
    meaning=_(
        "Each line carries the day and the moment of its entry, so that sums of lines tell what the entries tell."
    ),
    counted=_("lines"),
    words={"entry": _("%(lines)s lines are dated otherwise than their entry.")},
    sql="""
    odd AS (
        SELECT l.entry_id, count(*) AS lines FROM ledger_journalline l JOIN ledger_journalentry e ON e.id = l.entry_id
         WHERE l.effective_on <> e.effective_on OR l.recorded_at <> e.recorded_at GROUP BY l.entry_id),
    examined AS (SELECT count(*) AS n FROM ledger_journalline),
    wrong AS (
        SELECT 'entry' AS kind, e.id, e.number, jsonb_build_object('lines', odd.lines) AS figures
          FROM odd JOIN ledger_journalentry e ON e.id = odd.entry_id)
    """,
)

ACCOUNT_DAYS = Check(
    code="account_days",
    title=_("The sums of days are the sums of their lines"),
    meaning=_("Reports over years add up days. Each of these sums is what the lines of that account and day come to."),
    counted=_("days"),
    words={
        "account_day": _(
            "Kept are debits %(debits)s, credits %(credits)s; the lines come to %(line_debits)s, %(line_credits)s."
        )
    },
    sql="""
    sums AS (
        SELECT account_id, effective_on, sum(debit) AS debits, sum(credit) AS credits, count(*) AS lines
          FROM ledger_journalline GROUP BY account_id, effective_on),
    examined AS (SELECT count(*) AS n FROM ledger_accountday),
    wrong AS (
        SELECT 'account_day' AS kind, NULL::uuid AS id,
               a.code || ' ' || coalesce(d.effective_on, s.effective_on) AS number,
               jsonb_build_object('debits', coalesce(d.debit, 0)::text, 'credits', coalesce(d.credit, 0)::text,
                                  'line_debits', coalesce(s.debits, 0)::text,
                                  'line_credits', coalesce(s.credits, 0)::text) AS figures
          FROM ledger_accountday d
          FULL JOIN sums s ON s.account_id = d.account_id AND s.effective_on = d.effective_on
          JOIN ledger_account a ON a.id = coalesce(d.account_id, s.account_id)
         WHERE (d.debit, d.credit, d.lines) IS DISTINCT FROM (s.debits, s.credits, s.lines))
    """,
)

REVERSALS = Check(
    code="reversals",
    title=_("What was taken back was taken back once and exactly"),
    meaning=_(
        "An entry is reversed once at most, on its own day or later, by its exact mirror: the same accounts, patients, "
        "documents and amounts on the other side. A reversal is not reversed again."
    ),
    counted=_("reversals"),
    words={"entry": _("%(odd)s lines are not mirrored; the entry that it takes back has %(times)s reversals.")},
    sql="""
    mirrors AS (
        SELECT id, number, reverses_id, effective_on, count(*) OVER (PARTITION BY reverses_id) AS times
          FROM ledger_journalentry WHERE reverses_id IS NOT NULL),
    sides AS (
        SELECT m.id, l.account_id, l.subject, l.document, l.debit, l.credit, 1 AS side
          FROM mirrors m JOIN ledger_journalline l ON l.entry_id = m.id
        UNION ALL
        SELECT m.id, l.account_id, l.subject, l.document, l.credit, l.debit, -1
          FROM mirrors m JOIN ledger_journalline l ON l.entry_id = m.reverses_id),
    unmatched AS (
        SELECT id, sum(side) AS left_over FROM sides
         GROUP BY id, account_id, subject, document, debit, credit HAVING sum(side) <> 0),
    odd AS (SELECT id, sum(abs(left_over)) AS lines FROM unmatched GROUP BY id),
    examined AS (SELECT count(*) AS n FROM mirrors),
    wrong AS (
        SELECT 'entry' AS kind, m.id, m.number,
               jsonb_build_object('odd', coalesce(odd.lines, 0), 'times', m.times) AS figures
          FROM mirrors m LEFT JOIN odd ON odd.id = m.id
          LEFT JOIN ledger_journalentry original ON original.id = m.reverses_id
         WHERE odd.id IS NOT NULL OR m.times > 1 OR original.id IS NULL OR original.reverses_id IS NOT NULL
            OR original.effective_on > m.effective_on)
    """,
)

CLOSED_DAYS = Check(
    code="closed_days",
    title=_("Closed days are as they were when they were closed"),
    meaning=_(
        "Each closed day has the entries, the amounts and the words that the books had of it when it was closed last; "
        "nothing was added, changed or taken away."
    ),
    counted=_("closed days"),
    words={
        "day": _(
            "It was closed with %(sealed)s entries of %(sealed_debits)s; there are %(entries)s of %(debits)s, or what "
            "they say has changed."
        )
    },
    sql="""
    state AS (SELECT closed_until FROM ledger_bookclosing ORDER BY place DESC LIMIT 1),
    sealed AS (
        SELECT DISTINCT ON (d.day) d.day, d.entries, d.debits, d.digest
          FROM ledger_closedday d JOIN ledger_bookclosing c ON c.id = d.closing_id
          JOIN state s ON d.day <= s.closed_until
         ORDER BY d.day, c.place DESC),
    stands AS (
        SELECT f.* FROM state s CROSS JOIN LATERAL ledger_seals(current_schema()::text, NULL, s.closed_until) f),
    examined AS (SELECT count(*) AS n FROM sealed),
    wrong AS (
        SELECT 'day' AS kind, NULL::uuid AS id, to_char(coalesce(s.day, f.day), 'YYYY-MM-DD') AS number,
               jsonb_build_object('sealed', coalesce(s.entries, 0), 'sealed_debits', coalesce(s.debits, 0)::text,
                                  'entries', coalesce(f.entries, 0), 'debits', coalesce(f.debits, 0)::text) AS figures
          FROM sealed s FULL JOIN stands f ON f.day = s.day
         WHERE (s.entries, s.debits, s.digest) IS DISTINCT FROM (f.entries, f.debits, f.digest))
    """,
)

CLOSINGS = Check(
    code="closings",
    title=_("The books were closed forward, and re-opened by two people"),
    meaning=_(
        "Each closing goes beyond the one before it. Each re-opening was asked for by somebody and approved by "
        "somebody else, as it was asked for, and not after it had been refused."
    ),
    counted=_("closings"),
    words={"closing": _("It was not asked for and approved by two people, or does not follow the one before it.")},
    sql="""
    steps AS (
        SELECT c.*, lag(closed_until) OVER following AS before, lag(place, 1, 0) OVER following AS place_before
          FROM ledger_bookclosing c WINDOW following AS (ORDER BY place)),
    examined AS (SELECT count(*) AS n FROM steps),
    wrong AS (
        SELECT 'closing' AS kind, s.id, s.place::text AS number, jsonb_build_object() AS figures
          FROM steps s LEFT JOIN ledger_reopeningrequest r ON r.id = s.request_id
          LEFT JOIN ledger_reopeningrefusal n ON n.request_id = s.request_id
         WHERE s.place <> s.place_before + 1 OR n.id IS NOT NULL
            OR CASE WHEN s.kind = 'closed' THEN s.closed_until <= s.before OR s.request_id IS NOT NULL
                    ELSE r.id IS NULL OR r.by_id = s.by_id OR s.closed_until IS DISTINCT FROM r.reopen_from - 1
                         OR s.before IS NULL OR s.closed_until >= s.before END)
    """,
)

CHECKS = (
    ENTRIES_BALANCE,
    TRIAL_BALANCE,
    LINES_FOLLOW_ENTRIES,
    ACCOUNT_DAYS,
    REVERSALS,
    CLOSED_DAYS,
    CLOSINGS,
    numbers_check(
        "entry_numbers",
        _("The journal's numbers have no gap"),
        series="JRN",
        table="ledger_journalentry",
        kind="entry",
        counted=_("numbers"),
    ),
)
