"""What is tried against accounts, entries, sums of days and checks of the books, for test_every_money_guard.py."""

from typing import Any

from django.utils import timezone

from apps.accounts.models import User
from apps.billing.models import Invoice
from apps.ledger.checking.running import check_books
from apps.ledger.models import JournalEntry
from tests.guards.money_rows import ACCOUNT, ENTRY, JOURNAL_LINE, NEW, entry, journal_line
from tests.guards.siege import Attack, attack, copy, whole

ACCOUNT_DAY = "ledger_accountday"
BOOK_CHECK, RESULT = "ledger_bookcheck", "ledger_bookcheckresult"
SAYS = {
    "line_joins_its_entry": "entry_is_complete",
    **dict.fromkeys(("sums_follow_lines", "sums_stay_whole"), "sums follow the lines"),
    "line_balances": "entry_balances",
    "account_keeps_its_meaning": "stay what they are",
}
ATTACKS: dict[tuple[str, str], Attack] = {
    (ACCOUNT, "account_keeps_its_meaning"): attack(f"UPDATE {ACCOUNT} SET code = '9999' WHERE role = 'cash'"),
    (ACCOUNT, "one_account_for_each_role"): attack(
        f"INSERT INTO {ACCOUNT} SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'code', "
        f"'1999'))).* FROM {ACCOUNT} a WHERE role = 'cash'"
    ),
    (ACCOUNT, "account_kind"): attack(
        f"INSERT INTO {ACCOUNT} SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'code', "
        f"'1999', 'role', '', 'kind', 'toy'))).* FROM {ACCOUNT} a WHERE role = 'cash'"
    ),
    (ENTRY, "entry_is_made"): attack(
        entry(id=NEW, made_in="4711"),
        journal_line(NEW, "cash", debit="5"),
        journal_line(NEW, "revenue", credit="5"),
        behind=((JOURNAL_LINE, "line_joins_its_entry"),),
        harm=f"SELECT made_in = 4711 FROM {ENTRY} WHERE id = {NEW}",
    ),
    (ENTRY, "entry_balances"): attack(entry()),
    (ENTRY, "posted_once"): attack(
        *[entry(source="'invoice_issued'", source_id="{open}")], behind=((ENTRY, "entry_balances"),)
    ),
    (ENTRY, "entry_says_why"): attack(entry(description="''"), behind=((ENTRY, "entry_balances"),)),
    (ENTRY, "entry_is_not_its_own_mirror"): attack(
        entry(id=NEW, reverses_id=NEW), behind=((ENTRY, "entry_balances"), (ENTRY, "entry_is_made"))
    ),
    (JOURNAL_LINE, "line_joins_its_entry"): attack(
        journal_line("{entry}", "cash", debit="5"), journal_line("{entry}", "revenue", credit="5")
    ),
    (JOURNAL_LINE, "line_balances"): attack(
        journal_line("{entry}", "cash", debit="5"), behind=((JOURNAL_LINE, "line_joins_its_entry"),)
    ),
    (JOURNAL_LINE, "line_has_one_side"): attack(
        journal_line("{entry}", "cash", debit="5", credit="5"), behind=((JOURNAL_LINE, "line_joins_its_entry"),)
    ),
    (JOURNAL_LINE, "lines_are_summed"): attack(
        entry(id=NEW),
        journal_line(NEW, "cash", debit="5"),
        journal_line(NEW, "revenue", credit="5"),
        harm=f"SELECT NOT EXISTS (SELECT FROM {ACCOUNT_DAY} WHERE effective_on = current_date)",
    ),
    (ACCOUNT_DAY, "sums_follow_lines"): attack(f"UPDATE {ACCOUNT_DAY} SET debit = debit + 1"),
    (ACCOUNT_DAY, "sums_stay_whole"): whole(ACCOUNT_DAY),
    (ACCOUNT_DAY, "one_sum_of_a_day"): attack(
        f"INSERT INTO {ACCOUNT_DAY} (account_id, effective_on, debit, credit, lines)"
        f" SELECT account_id, effective_on, 1, 0, 1 FROM {ACCOUNT_DAY}",
        behind=((ACCOUNT_DAY, "sums_follow_lines"),),
    ),
    (BOOK_CHECK, "book_check_ends_after_it_began"): attack(
        copy(BOOK_CHECK, "{run}", ended_at="begun_at - interval '1 second'")
    ),
    (RESULT, "one_result_at_a_place"): attack(copy(RESULT, "{result}", code="'another'")),
    (RESULT, "one_result_of_a_check"): attack(copy(RESULT, "{result}", place="99")),
    (RESULT, "book_check_names_what_it_found"): attack(
        copy(RESULT, "{result}", code="'another'", place="99", found="7")
    ),
}


def written(issued: Invoice, *, by: User) -> dict[str, Any]:
    """The entry of an invoice, and a check of the books."""
    run = check_books(by=by, at=timezone.now())
    entry_of_it = JournalEntry.objects.get(source="invoice_issued", source_id=issued.pk)
    return {"entry": entry_of_it, "run": run, "result": run.results.first()}
