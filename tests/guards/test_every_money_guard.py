"""As test_every_guard.py, for the money: each guard of bills and books named with an attack that only it refuses.

Here every constraint counts as well, not only what is written in SQL: a figure that one check alone keeps right is a
figure that somebody would have to notice by eye without it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.models import InvoiceVoid
from apps.billing.paying import payments, refunds
from apps.billing.prices import catalogue, taxes
from apps.ledger.checking.running import check_books
from apps.ledger.models import JournalEntry
from apps.patients import merging, registration
from apps.scheduling import attendance
from tests.billing.cast import AT, DAY, in_session, make_cast
from tests.guards import (
    closing_attacks,
    drawer_attacks,
    link_attacks,
    lowering_attacks,
    price_attacks,
    return_attacks,
    settlement_attacks,
)
from tests.guards.money_rows import (
    ACCOUNT,
    ALLOCATION,
    ENTRY,
    INVOICE,
    JOURNAL_LINE,
    LINE,
    PAYMENT,
    REFUND,
    VOID,
    allocation,
    draft,
    entry,
    journal_line,
    pending,
)
from tests.guards.siege import WALLS, Attack, Siege, attack, copy, insert, update, whole

LABELS = ("billing", "ledger")
CHECK_IN, COPAY, SERVICE = (f"billing_{name}" for name in ("checkin", "copay", "service"))
DISCOUNT, LIMIT = "billing_discount", "billing_discountlimit"
TAX, SCOPE, LINE_TAX = "billing_tax", "billing_taxscope", "billing_invoicelinetax"
ACCOUNT_DAY = "ledger_accountday"
BOOK_CHECK, RESULT = "ledger_bookcheck", "ledger_bookcheckresult"
NEVER = "money is voided or refunded, never removed"
SAYS = {
    "invoice_guard": "can no longer change",
    **dict.fromkeys(("line_changed", "lines_added"), "its lines can no longer change"),
    "payment_guard": "refund it instead",
    "allocation_added": "its own patient and currency",
    "not_for_merged": "was merged into",
    **dict.fromkeys(("invoice_stays", "invoice_stays_whole", "lines_stay_whole", "line_taxes_stay_whole"), NEVER),
    **dict.fromkeys(("payment_stays", "payment_stays_whole"), NEVER),
    "line_has_its_taxes": "what its taxes come to",
    "taxes_of_line_add_up": "what its taxes come to",
    "line_tax_guard": "written anew",
    "line_joins_its_entry": "entry_is_complete",
    **dict.fromkeys(("sums_follow_lines", "sums_stay_whole"), "sums follow the lines"),
    "line_balances": "entry_balances",
    "account_keeps_its_meaning": "stay what they are",
    **drawer_attacks.SAYS,
    **link_attacks.SAYS,
    **settlement_attacks.SAYS,
    **return_attacks.SAYS,
    **lowering_attacks.SAYS,
    **price_attacks.SAYS,
    **closing_attacks.SAYS,
}
TAXES_STAY = (LINE_TAX, "line_taxes_stay_whole")
FIGURES, LINE_SUMS, MONEY = (INVOICE, "invoice_guard"), (LINE, "line_changed"), (PAYMENT, "payment_guard")
CORRECTION = "billing_correction"
APPEND_ONLY = (
    *((table, "append_only_whole") for table in (ALLOCATION, REFUND, VOID, CHECK_IN, DISCOUNT, CORRECTION)),
    *lowering_attacks.WHOLE,
    *link_attacks.WHOLE,
    *settlement_attacks.WHOLE,
    *return_attacks.WHOLE,
)
EMPTY = "'\\x'::bytea"


NEW = "'00000000-0000-4000-8000-000000000001'::uuid"
ISSUED = {"issued_on": "current_date", "due_on": "current_date", "issued_at": "now()", "issued_by_id": "{bela}"}
ATTACKS: dict[tuple[str, str], Attack] = {
    (CORRECTION, "correction_names_both_papers"): attack(
        insert(
            CORRECTION,
            {
                "id": NEW,
                "kind": "'visit'",
                "payment_id": "{payment}",
                "reason": EMPTY,
                "at": "now()",
                "by_id": "{bela}",
            },
        )
    ),
    ("billing_billingsettings", "billing_settings_only_one"): attack(
        insert("billing_billingsettings", {"id": NEW, "credit_by_itself": "true", '"only"': "false"})
    ),
    (ALLOCATION, "only_credit_is_used_by_itself"): attack(allocation(kind="'payment'", by_itself="true")),
    (INVOICE, "invoice_guard"): attack(update(INVOICE, "{open}", due_on="due_on + 30")),
    (INVOICE, "invoice_stays"): attack(f"DELETE FROM {INVOICE} WHERE id = {{empty}}"),
    (INVOICE, "invoice_stays_whole"): whole(
        INVOICE, (LINE, "lines_stay_whole"), TAXES_STAY, (PAYMENT, "payment_stays_whole"), *APPEND_ONLY
    ),
    (INVOICE, "not_for_merged"): attack(draft(patient_id="{chitra}")),
    (INVOICE, "one_invoice_of_a_number"): attack(update(INVOICE, "{draft}", number="{paid_number}", **ISSUED)),
    (INVOICE, "one_invoice_per_completion"): attack(
        *(draft(source=source, appointment_id="{visit}") for source in ("'visit'", "'arrival'"))
    ),
    (INVOICE, "one_invoice_per_missed_visit"): attack(
        *(draft(source=source, appointment_id="{visit}") for source in ("'no_show'", "'cancellation'"))
    ),
    (INVOICE, "one_invoice_of_a_source"): attack(*[draft(source="'imported'", source_reference="'claim 7'")] * 2),
    (INVOICE, "invoice_of_a_visit_names_it"): attack(draft(source="'visit'")),
    (INVOICE, "invoice_of_a_missed_visit_names_it"): attack(draft(source="'no_show'")),
    (INVOICE, "invoice_issued_wholly_or_not"): attack(update(INVOICE, "{draft}", number="'INV-2026-99999'")),
    (INVOICE, "invoice_sums_add_up"): attack(update(INVOICE, "{open}", net="net + 1"), behind=(FIGURES,)),
    (INVOICE, "invoice_paid_at_most_its_total"): attack(update(INVOICE, "{open}", applied="-1"), behind=(FIGURES,)),
    (INVOICE, "draft_has_no_payments"): attack(update(INVOICE, "{draft}", refunded="1"), behind=(FIGURES,)),
    (INVOICE, "void_invoice_holds_no_payment"): attack(
        update(INVOICE, "{void_invoice}", applied="1"), behind=(FIGURES,)
    ),
    (LINE, "line_changed"): attack(f"UPDATE {LINE} SET position = 9 WHERE invoice_id = {{open}}"),
    (LINE, "lines_added"): attack(
        copy(LINE, "{line}", invoice_id="{open}", position="9"), behind=((LINE, "line_has_its_taxes"),)
    ),
    (LINE, "lines_stay_whole"): whole(LINE, TAXES_STAY, *lowering_attacks.WHOLE),
    (LINE, "one_line_at_a_place"): attack(copy(LINE, "{line}")),
    (LINE, "line_amounts_not_negative"): attack(
        update(LINE, "{line}", discount="-1", net="gross + 1", total="gross + 1"),
        behind=((LINE, "line_discount_was_given"),),
    ),
    (LINE, "line_discount_was_given"): attack(update(LINE, "{line}", discount="1", net="gross - 1", total="gross - 1")),
    (DISCOUNT, "discount_kind"): attack(copy(DISCOUNT, "{discount}", kind="'other'")),
    (DISCOUNT, "discount_percent_or_amount"): attack(copy(DISCOUNT, "{discount}", percent="5")),
    (DISCOUNT, "discount_for_a_reason"): attack(copy(DISCOUNT, "{discount}", reason="'\\x'::text")),
    (LIMIT, "discount_limit_0_to_100"): attack(
        insert(
            LIMIT, {"id": "gen_random_uuid()", "role_id": "(SELECT id FROM accounts_role LIMIT 1)", "percent": "101"}
        )
    ),
    (LINE, "line_of_a_visit_says_what_of_it"): attack(update(LINE, "{line}", follows_visit="true")),
    (LINE, "line_rates_0_to_100"): attack(
        update(LINE, "{line}", tax_rate="200", tax="net * 2", total="net * 3"), behind=((LINE, "line_has_its_taxes"),)
    ),
    (LINE, "line_has_its_taxes"): attack(update(LINE, "{line}", tax="1", total="total + 1")),
    (LINE_TAX, "line_tax_guard"): attack(update(LINE_TAX, "{line_tax}", name="'VAT'")),
    (LINE_TAX, "line_taxes_stay_whole"): whole(LINE_TAX),
    (LINE_TAX, "taxes_of_line_add_up"): attack(f"DELETE FROM {LINE_TAX} WHERE id = {{line_tax}}"),
    (LINE_TAX, "one_line_tax_at_a_place"): attack(copy(LINE_TAX, "{line_tax}", rate="0", amount="0")),
    (LINE_TAX, "line_tax_rate_0_to_100"): attack(
        copy(LINE_TAX, "{line_tax}", position="2", rate="-1"), behind=((LINE_TAX, "taxes_of_line_add_up"),)
    ),
    (LINE_TAX, "line_tax_not_negative"): attack(
        copy(LINE_TAX, "{line_tax}", position="2", amount="-1"), behind=((LINE_TAX, "taxes_of_line_add_up"),)
    ),
    (TAX, "one_tax_of_a_name_a_day"): attack(copy(TAX, "{tax}")),
    (TAX, "tax_rate_0_to_100"): attack(update(TAX, "{tax}", rate="101")),
    (TAX, "tax_has_a_name"): attack(update(TAX, "{tax}", name="''")),
    (TAX, "tax_ends_after_it_starts"): attack(
        update(TAX, "{tax}", ends_on="starts_on - 1"), behind=((TAX, "one_tax_of_a_name_a_day"),)
    ),
    (SCOPE, "one_tax_scope_of_a_category"): attack(copy(SCOPE, "{of_category}")),
    (SCOPE, "one_tax_scope_of_a_service"): attack(copy(SCOPE, "{of_service}")),
    (SCOPE, "tax_scope_is_one_thing"): attack(copy(SCOPE, "{of_service}", category="'test'", service_id="{service}")),
    (LINE, "line_sums_add_up"): attack(update(LINE, "{line}", total="total + 1")),
    (LINE, "line_worked_out_rightly"): attack(update(LINE, "{line}", gross="41", net="41", total="41")),
    (PAYMENT, "payment_guard"): attack(update(PAYMENT, "{payment}", reference="'another slip'")),
    (PAYMENT, "payment_stays"): attack(f"DELETE FROM {PAYMENT} WHERE id = {{pending}}"),
    (PAYMENT, "payment_stays_whole"): whole(PAYMENT, *APPEND_ONLY),
    (PAYMENT, "not_for_merged"): attack(pending(patient_id="{chitra}")),
    (PAYMENT, "one_payment_of_a_number"): attack(
        update(PAYMENT, "{pending}", number="{payment_number}", captured_at="now()")
    ),
    (PAYMENT, "one_payment_of_a_source"): attack(*[pending(source_reference="'slip 7'")] * 2),
    (PAYMENT, "payment_is_positive"): attack(
        pending(amount="-1"),
        behind=((PAYMENT, "payment_used_at_most_once"), (PAYMENT, "payment_goes_back_at_most_once")),
    ),
    (PAYMENT, "payment_used_at_most_once"): attack(update(PAYMENT, "{payment}", applied="9999"), behind=(MONEY,)),
    (PAYMENT, "payment_not_captured_is_no_money"): attack(update(PAYMENT, "{pending}", number="'RCT-2026-99999'")),
    (PAYMENT, "payment_captured_has_a_number"): attack(update(PAYMENT, "{pending}", captured_at="now()")),
    (PAYMENT, "payment_failed_for_a_reason"): attack(update(PAYMENT, "{pending}", failed_at="now()")),
    (ALLOCATION, "allocation_added"): attack(
        allocation(invoice_id="{of_ben}"), behind=((ALLOCATION, "revenue_is_pro_rata"),)
    ),
    (ALLOCATION, "allocation_sign_follows_its_kind"): attack(
        allocation(amount="-5", recognised="0"), behind=((ALLOCATION, "allocation_added"),)
    ),
    (ALLOCATION, "revenue_is_pro_rata"): attack(allocation(recognised="4")),
    **lowering_attacks.ATTACKS,
    **closing_attacks.ATTACKS,
    (REFUND, "refund_added"): attack(
        copy(REFUND, "{refund}", number="'RFD-2026-99999'", amount="1"),
        harm=f"SELECT refunded = 50 FROM {PAYMENT} WHERE id = {{payment}}",
    ),
    (REFUND, "refund_is_positive"): attack(copy(REFUND, "{refund}", number="'RFD-2026-99999'", amount="-1")),
    (REFUND, "one_refund_of_a_source"): attack(
        *(copy(REFUND, "{refund}", number=f"'R-{n}'", amount="1", source_reference="'slip'") for n in (1, 2))
    ),
    (VOID, "void_added"): attack(
        copy(VOID, "{void}", invoice_id="{open}"), harm=f"SELECT voided_at IS NULL FROM {INVOICE} WHERE id = {{open}}"
    ),
    (COPAY, "copay_not_negative"): attack(
        insert(COPAY, {"id": "gen_random_uuid()", "appointment_type_id": "{type}", "amount": "-1"})
    ),
    **{
        (CHECK_IN, guard): attack(
            *(
                insert(
                    CHECK_IN,
                    {
                        "id": "gen_random_uuid()",
                        "appointment_id": "{visit}",
                        "due": "5",
                        "unpaid_because": "'forgot'",
                        "words": EMPTY,
                        "source_reference": "''",
                        "at": "now()",
                        "by_id": "{carl}",
                        **changes,
                    },
                )
                for _once in range(times)
            )
        )
        for guard, changes, times in (
            ("one_check_in_of_a_source", {"source_reference": "'form 7'"}, 2),
            ("check_in_paid_or_said_why", {"unpaid_because": "''"}, 1),
            ("check_in_why_unpaid", {"unpaid_because": "'no idea'"}, 1),
            ("check_in_due_not_negative", {"due": "-5"}, 1),
        )
    },
    (SERVICE, "one_service_of_a_name"): attack(copy(SERVICE, "{service}", name="'DRESSING'")),
    (SERVICE, "service_price_not_negative"): attack(update(SERVICE, "{service}", price="-1")),
    (SERVICE, "service_tax_rate_0_to_100"): attack(update(SERVICE, "{service}", tax_rate="101")),
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
    **price_attacks.ATTACKS,
    **link_attacks.ATTACKS,
    **settlement_attacks.ATTACKS,
    **return_attacks.ATTACKS,
    **drawer_attacks.attacks(((PAYMENT, "payment_stays_whole"), *APPEND_ONLY)),
}


@pytest.fixture
def siege(throw_away: str, riverside: Any, as_superuser: Any) -> Iterator[Siege]:
    """A paid invoice with credit left and a refund, a void one, an unpaid one, one of Ben, drafts, money on its way."""
    with riverside.inside():
        rows = _written()
    ids = {name: _spelt(row) for name, row in rows.items()}
    with as_superuser() as server:
        server.autocommit = False
        yield Siege(server, riverside.schema, str(riverside.id), ids)
        server.rollback()


def _spelt(row: Any) -> str:
    if isinstance(row, str):
        return f"'{row}'"
    return str(row.pk) if isinstance(row.pk, int) else f"'{row.pk}'::uuid"


def _written() -> dict[str, Any]:
    cast = make_cast()
    chitra = registration.register(by=cast.bela, at=AT, given_name="Chitra", family_name="Rao")
    merging.merge(cast.asha, chitra, reason="Twice", by=cast.bela, at=AT)
    rows: dict[str, Any] = {"bela": cast.bela, "carl": cast.carl, "asha": cast.asha, "chitra": chitra}
    paid = cast.issued({"unit_price": "200.00", "tax_rate": 18})
    rows["payment"] = payment = cast.pay("350.00", paid, credit_consent=True)
    rows["refund"] = refunds.refund(payment, amount="50.00", reason="Too much", by=cast.bela, at=AT)
    rows["void_invoice"] = void = cast.issued("10.00")
    invoicing.void(void, reason="Wrong", by=cast.bela, at=AT)
    rows["void"] = InvoiceVoid.objects.get(invoice=void)
    rows["open"], rows["of_ben"] = cast.issued("75.00"), cast.issued("75.00", patient=cast.ben)
    lowered = cast.issued({"unit_price": "200.00", "tax_rate": 18})
    rows["note"] = crediting.credit(lowered, amount="59.00", reason="Too much", by=cast.bela, at=AT)
    rows["note_line"] = rows["note"].lines.get()
    rows["write_off"] = write_offs.write_off(
        lowered, amount="47.20", category="courtesy", reason="Long wait", by=cast.bela, at=AT
    )
    rows["draft"] = cast.draft({"unit_price": "40.00"})
    rows["discount"] = cast.draft({"unit_price": "40.00", "discount": "4.00"}).discounts.get()
    rows["line"], rows["empty"] = rows["draft"].lines.get(), cast.draft()
    rows["pending"] = payments.expect(cast.asha, method="bank", amount="5.00", by=cast.carl, at=AT)
    visit = in_session(cast)
    rows["visit"], rows["type"] = visit, visit.appointment_type
    attendance.complete(visit, by=visit.provider.user, at=AT)
    rows["service"] = catalogue.add_service(name="Dressing", price="30.00", by=cast.bela, at=AT)
    tax = taxes.add_tax(
        name="GST",
        rate="5",
        starts_on=DAY,
        categories=["fee"],
        services=[catalogue.add_service(name="X-ray", price="40.00", by=cast.bela, at=AT)],
        by=cast.bela,
        at=AT,
    )
    rows["tax"], rows["of_category"] = tax, tax.scopes.get(service=None)
    rows["of_service"] = tax.scopes.get(category="")
    taxed = cast.draft({"unit_price": "40.00", "taxes": [{"name": "GST", "rate": "5"}]})
    rows["line_tax"] = taxed.lines.get().taxes.get()
    rows["entry"] = JournalEntry.objects.get(source="invoice_issued", source_id=paid.pk)
    rows["run"] = check_books(by=cast.bela, at=timezone.now())
    rows["result"] = rows["run"].results.first()
    rows |= drawer_attacks.written(cast) | closing_attacks.written(cast)
    rows |= price_attacks.written(cast.asha, by=cast.bela)
    rows |= link_attacks.written(cast) | settlement_attacks.written(cast)
    rows |= return_attacks.written(cast, rows["gateway"])
    return {**rows, "paid_number": paid.number, "payment_number": payment.number}


def test_each_guard_refuses_its_attack_and_is_the_only_one_to_do_so(siege: Siege) -> None:
    wrong = siege.not_refused(ATTACKS, says=SAYS)
    assert wrong == [], "\n".join(map(str, wrong))


def test_every_guard_of_the_money_is_attacked(siege: Siege) -> None:
    """Triggers but those that stand on every table, and every constraint that has a name of its own."""
    found = siege.server.execute(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND c.relnamespace = %s::regnamespace AND split_part(c.relname, '_', 1) = ANY(%s)",
        [siege.schema, list(LABELS)],
    ).fetchall()
    declared = {
        (model._meta.db_table, constraint.name)
        for label in LABELS
        for model in apps.get_app_config(label).get_models()
        for constraint in model._meta.constraints
    }
    written = siege.server.execute(
        "SELECT c.relname, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
        " WHERE c.relnamespace = %s::regnamespace AND split_part(c.relname, '_', 1) = ANY(%s)"
        "  AND k.contype IN ('c', 'x') AND k.conname NOT LIKE '%%check'",
        [siege.schema, list(LABELS)],
    ).fetchall()
    standing = {(table, guard) for table, guard in {*found, *written, *declared} if guard not in WALLS}
    assert standing == set(ATTACKS)
