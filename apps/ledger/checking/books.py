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

CHECKS = (
    ENTRIES_BALANCE,
    TRIAL_BALANCE,
    LINES_FOLLOW_ENTRIES,
    ACCOUNT_DAYS,
    REVERSALS,
    numbers_check(
        "entry_numbers",
        _("The journal's numbers have no gap"),
        series="JRN",
        table="ledger_journalentry",
        kind="entry",
        counted=_("numbers"),
    ),
)
