"""As test_every_guard.py, for the money: each guard of bills and books named with an attack that only it refuses.

Here every constraint counts as well, not only what is written in SQL: a figure that one check alone keeps right is a
figure that somebody would have to notice by eye without it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps

from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.models import InvoiceVoid
from apps.billing.paying import payments, refunds
from apps.billing.prices import catalogue
from apps.patients import merging, registration
from apps.scheduling import attendance
from tests.billing.cast import AT, in_session, make_cast
from tests.guards import (
    books_attacks,
    closing_attacks,
    drawer_attacks,
    line_attacks,
    link_attacks,
    lowering_attacks,
    price_attacks,
    return_attacks,
    settlement_attacks,
)
from tests.guards.money_rows import (
    ALLOCATION,
    DISCOUNT,
    INVOICE,
    NEVER,
    NEW,
    PAYMENT,
    REFUND,
    VOID,
    allocation,
    draft,
    pending,
)
from tests.guards.siege import WALLS, Attack, Siege, attack, copy, insert, update, whole

LABELS = ("billing", "ledger")
CHECK_IN, COPAY, SERVICE = (f"billing_{name}" for name in ("checkin", "copay", "service"))
SAYS = {
    "invoice_guard": "can no longer change",
    "payment_guard": "refund it instead",
    "allocation_added": "its own patient and currency",
    "not_for_merged": "was merged into",
    **dict.fromkeys(("invoice_stays", "invoice_stays_whole", "payment_stays", "payment_stays_whole"), NEVER),
    **line_attacks.SAYS,
    **books_attacks.SAYS,
    **drawer_attacks.SAYS,
    **link_attacks.SAYS,
    **settlement_attacks.SAYS,
    **return_attacks.SAYS,
    **lowering_attacks.SAYS,
    **price_attacks.SAYS,
    **closing_attacks.SAYS,
}
FIGURES, MONEY = (INVOICE, "invoice_guard"), (PAYMENT, "payment_guard")
CORRECTION = "billing_correction"
APPEND_ONLY = (
    *((table, "append_only_whole") for table in (ALLOCATION, REFUND, VOID, CHECK_IN, DISCOUNT, CORRECTION)),
    *lowering_attacks.WHOLE,
    *link_attacks.WHOLE,
    *settlement_attacks.WHOLE,
    *return_attacks.WHOLE,
)
EMPTY = "'\\x'::bytea"
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
        INVOICE, *line_attacks.STAY, (PAYMENT, "payment_stays_whole"), *APPEND_ONLY
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
    **line_attacks.ATTACKS,
    **books_attacks.ATTACKS,
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
    rows["line"], rows["empty"] = rows["draft"].lines.get(), cast.draft()
    rows["pending"] = payments.expect(cast.asha, method="bank", amount="5.00", by=cast.carl, at=AT)
    visit = in_session(cast)
    rows["visit"], rows["type"] = visit, visit.appointment_type
    attendance.complete(visit, by=visit.provider.user, at=AT)
    rows["service"] = catalogue.add_service(name="Dressing", price="30.00", by=cast.bela, at=AT)
    rows |= line_attacks.written(cast) | books_attacks.written(paid, by=cast.bela)
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
