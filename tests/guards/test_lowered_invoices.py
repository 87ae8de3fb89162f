"""Raw SQL and bulk_create against credit notes and write-offs, and two desks that lower one invoice at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from apps.accounts.models import User
from apps.billing import invoicing
from apps.billing.lowering import crediting, write_offs
from apps.billing.models import CreditNote, CreditNoteLine, Invoice, WriteOff
from apps.core.refusals import Refusal
from tests.billing.cast import AT, DAY, D, found_wrong, make_cast
from tests.conftest import clinic_of
from tests.kept import undone
from tests.raw_sql import refused

FACTS = ("billing_writeoff", "billing_creditnote", "billing_creditnoteline")


@pytest.fixture(scope="module")
def written(modules_own: str) -> dict[str, Any]:
    """An invoice of 236.00 with 59.00 credited, 47.20 written off and 100.00 paid; others around it."""
    with clinic_of("riverside").inside():
        cast = make_cast()
        lowered = cast.issued({"unit_price": "200.00", "tax_rate": 18})
        cast.pay("100.00", lowered)
        note = crediting.credit(lowered, amount="59.00", reason="Too much", by=cast.bela, at=AT)
        why = {"category": "bad_debt", "reason": "Moved away", "by": cast.bela, "at": AT}
        fact = write_offs.write_off(lowered, amount="47.20", **why)
        void = invoicing.void(cast.issued("10.00"), reason="Wrong", by=cast.bela, at=AT)
        return {
            "cast": cast,
            "lowered": lowered,
            "note": note,
            "fact": fact,
            "void": void,
            "open": cast.issued("75.00", "25.00"),
            "draft": cast.draft({"unit_price": "40.00"}),
        }


@pytest.fixture
def facts(written: dict[str, Any], riverside: Any) -> Iterator[dict[str, Any]]:
    with undone(), riverside.inside():
        yield deepcopy(written)


def write_off(facts: dict[str, Any], **changes: Any) -> WriteOff:
    row = {"number": "WOF-2026-99999", "invoice": facts["open"], "category": "bad_debt", "reason": "x"}
    row |= {"net": D("10"), "tax": D("0"), "recognised": D("0"), "written_off_on": DAY, "at": AT}
    row |= {"by": facts["cast"].bela, **changes}
    return WriteOff(**{"amount": row["net"] + row["tax"], **row})


def note(facts: dict[str, Any], **changes: Any) -> CreditNote:
    row = {"number": "CRN-2026-99999", "invoice": facts["open"], "reason": "x", "net": D("10"), "tax": D("0")}
    row |= {"released": D("0"), "disposition": "nothing_above", "recognised": D("0"), "credited_on": DAY, "at": AT}
    row |= {"by": facts["cast"].bela, **changes}
    return CreditNote(**{"total": row["net"] + row["tax"], **row})


def line(facts: dict[str, Any], of: CreditNote, **changes: Any) -> CreditNoteLine:
    on = facts["open"].lines.order_by("position").first()
    row = {"note": of, "line": on, "position": 1, "description": "x", "tax_rate": 0, "net": D("10"), "tax": D("0")}
    row |= changes
    return CreditNoteLine(**{"total": row["net"] + row["tax"], **row})


def attack(match: str, *rows: Any) -> None:
    """Writing these rows fails, now or at COMMIT."""
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        for row in rows:
            type(row).objects.bulk_create([row])
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("statement", ["TRUNCATE {t} CASCADE", "DELETE FROM {t}", "UPDATE {t} SET net = net"])
def test_facts_stay(facts: dict[str, Any], table: str, statement: str) -> None:
    refused(statement.format(t=table))


@pytest.mark.parametrize("figure", ["credited", "credited_net", "written_off", "written_off_net"])
@pytest.mark.parametrize("which", ["lowered", "draft"])
def test_nobody_writes_the_figures(facts: dict[str, Any], which: str, figure: str) -> None:
    refused(f"UPDATE billing_invoice SET {figure} = {figure} + 1 WHERE id = %s", facts[which].pk)


@pytest.mark.parametrize("figure", ["credited", "credited_net", "written_off", "written_off_net"])
def test_an_invoice_is_not_born_lowered(facts: dict[str, Any], figure: str) -> None:
    cast = facts["cast"]
    row = {"patient": cast.asha, "currency": "INR", "decimals": 2, "created_at": AT, "created_by": cast.bela}
    attack("empty draft", Invoice(**row, **{figure: D("1")}))


@pytest.mark.parametrize("which", ["draft", "void"])
@pytest.mark.parametrize("make", [write_off, note])
def test_only_issued_invoices_are_lowered(facts: dict[str, Any], which: str, make: Callable[..., Any]) -> None:
    attack("only an issued invoice", make(facts, invoice=facts[which]))


@pytest.mark.parametrize("make", [write_off, note])
def test_no_more_is_taken_than_is_owed(facts: dict[str, Any], make: Callable[..., Any]) -> None:
    attack("invoice_paid_at_most_its_total", make(facts, net=D("100.01")))


@pytest.mark.parametrize("make", [write_off, note])
def test_net_and_tax_are_taken_each_from_its_own(facts: dict[str, Any], make: Callable[..., Any]) -> None:
    attack("invoice_reduced_within_net_and_tax", make(facts, net=D("9"), tax=D("1")))


@pytest.mark.parametrize("make", [write_off, note])
def test_amounts_have_the_invoices_decimals(facts: dict[str, Any], make: Callable[..., Any]) -> None:
    attack("decimals of their invoice", make(facts, net=D("9.999")))


@pytest.mark.parametrize("make", [write_off, note])
def test_revenue_moves_only_as_it_must(facts: dict[str, Any], make: Callable[..., Any]) -> None:
    attack("pro rata", make(facts, recognised=D("0.01")))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"amount": D("9")}, "write_off_adds_up"),
        ({"net": D("-1")}, "write_off_sign_follows_its_kind"),
        ({"net": D("0")}, "write_off_sign_follows_its_kind"),
        ({"category": "lost"}, "write_off_category"),
        ({"number": "WOF-2026-00001"}, "number"),
    ],
)
def test_a_write_off_agrees_with_itself(facts: dict[str, Any], changes: dict[str, Any], match: str) -> None:
    attack(match, write_off(facts, **changes))


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"total": D("9")}, "credit_note_sums_add_up"),
        ({"net": D("0")}, "credit_note_sums_add_up"),
        ({"released": D("1")}, "says_where_money_goes"),
        ({"disposition": "credit"}, "says_where_money_goes"),
        ({"disposition": "credit", "released": D("11")}, "says_where_money_goes"),
        ({"number": "CRN-2026-00001"}, "number"),
    ],
)
def test_a_credit_note_agrees_with_itself(facts: dict[str, Any], changes: dict[str, Any], match: str) -> None:
    attack(match, note(facts, **changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"net": D("-39"), "tax": D("-7.20")},
        {"net": D("-41"), "tax": D("-6.20")},
        {"net": D("-47.20"), "tax": D("0")},
        {"invoice": "open"},
    ],
)
def test_a_write_off_is_taken_back_wholly(facts: dict[str, Any], changes: dict[str, Any]) -> None:
    fact = facts["fact"]
    row = {"invoice": facts["lowered"], "net": -fact.net, "tax": -fact.tax, "reverses": fact, **changes}
    row |= {"invoice": facts[row["invoice"]]} if isinstance(row["invoice"], str) else {}
    attack("taken back wholly", write_off(facts, **row))


def test_a_write_off_is_taken_back_once_and_for_good(facts: dict[str, Any]) -> None:
    fact, cast = facts["fact"], facts["cast"]
    back = write_offs.take_back(fact, reason="Paid", by=cast.bela, at=AT)
    mirror = {"invoice": facts["lowered"], "net": -fact.net, "tax": -fact.tax}
    attack("reverses", write_off(facts, **mirror, reverses=fact))
    again = {"invoice": facts["lowered"], "net": fact.net, "tax": fact.tax, "reverses": back}
    attack("taken back wholly|sign_follows", write_off(facts, **again))


def test_a_credit_note_is_what_its_lines_are(facts: dict[str, Any]) -> None:
    fact = note(facts)
    attack("what its lines are", fact)
    fact = note(facts)
    attack("what its lines are", fact, line(facts, fact, net=D("9")))
    fact = note(facts)
    attack("credited_line_sums_add_up", fact, line(facts, fact, total=D("9")))
    attack("what its lines are", line(facts, facts["note"], line=facts["open"].lines.first(), position=2))


def test_lines_are_of_the_invoice_and_give_no_more_than_they_were(facts: dict[str, Any]) -> None:
    fact = note(facts)
    attack("up to what it was", fact, line(facts, fact, line=facts["lowered"].lines.get()))
    fact = note(facts, net=D("76"))
    attack("up to what it was", fact, line(facts, fact, net=D("76")))
    fact = note(facts)
    first = facts["open"].lines.order_by("position").first()
    rows = [line(facts, fact, position=place, net=D("5"), line=first) for place in (1, 2)]
    attack("a_line_is_credited_once_a_note", fact, *rows)
    rows = [line(facts, fact, net=D("5"), line=one) for one in facts["open"].lines.all()]
    attack("one_credited_line_at_a_place", fact, *rows)


@pytest.mark.parametrize("changes", [{"status": "paid"}, {"due": 0}])
def test_status_and_due_follow(facts: dict[str, Any], changes: dict[str, Any]) -> None:
    (column,) = changes
    refused(f"UPDATE billing_invoice SET {column} = DEFAULT, credited = 0 WHERE id = %s", facts["lowered"].pk)


def lower(kind: str, number: Any) -> str:
    """In a thread of its own, with a connection of its own."""
    clinic = clinic_of("riverside")
    try:
        with clinic.inside():
            invoice = Invoice.objects.get(number=number)
            bela = User.objects.get(email="bela@cast.example")
            why = {"reason": "At once", "amount": "60.00", "by": bela, "at": AT}
            if kind == "credit":
                crediting.credit(invoice, **why)
            else:
                write_offs.write_off(invoice, category="bad_debt", **why)
        return "done"
    except Refusal as refusal:
        return refusal.code
    finally:
        transaction.get_connection().close()


@pytest.mark.parametrize(
    ("kinds", "codes"),
    [
        (("credit", "credit"), {"done", "credit_too_large", "disposition_missing"}),
        (("write_off", "write_off"), {"done", "more_than_due"}),
    ],
)
def test_of_two_at_once_one_succeeds(throw_away: str, riverside: Any, kinds: tuple[str, str], codes: set[str]) -> None:
    with riverside.inside():
        number = make_cast().issued("100.00").number
    with ThreadPoolExecutor(2) as desks:
        answers = list(desks.map(lower, kinds, [number, number]))
    assert answers.count("done") == 1
    assert set(answers) <= codes
    with riverside.inside():
        assert Invoice.objects.get(number=number).due == D("40.00")
        assert not found_wrong()
