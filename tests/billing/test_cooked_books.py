"""Each check of the books finds what it is for: a superuser takes the guards down and writes one thing wrongly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
import pytest
from psycopg import sql

from apps.bench.books import SUM_UP
from apps.billing import invoicing
from apps.billing.drawers import counting, sessions, tills
from apps.billing.drawers.counting import Counted
from apps.billing.gateways import settling
from apps.billing.lowering import crediting, taking_back, write_offs
from apps.billing.models import DrawerSession, Invoice
from apps.billing.paying import credit, refunds
from apps.ledger import closing
from apps.ledger.checking import checks
from apps.ledger.models import JournalEntry
from apps.scheduling import attendance
from tests.billing.cast import AT, Cast, in_session, make_cast
from tests.billing.cooking import COOKED
from tests.billing.cooking.recipe import Found
from tests.conftest import clinic_of

TABLES = (
    *("ledger_account", "ledger_journalentry", "ledger_journalline", "ledger_accountday", "core_numberseries"),
    *("billing_invoice", "billing_invoiceline", "billing_payment", "billing_paymentallocation", "billing_refund"),
    *("billing_creditnote", "billing_creditnoteline", "billing_writeoff"),
    *("billing_invoicevoid", "billing_invoicelinetax", "patients_patient"),
    *("scheduling_appointment", "scheduling_appointmenttransition"),
    *("ledger_bookclosing", "ledger_closedday", "ledger_reopeningrequest", "ledger_reopeningrefusal"),
    *("billing_drawersession", "billing_drawercount", "billing_drawermovement"),
    *("billing_gatewaysettlement", "billing_settlementpart"),
)
# What stands in the way of a wrong row besides triggers.
CONSTRAINTS = {
    "ledger_journalentry": ("ledger_journalentry_reverses_id_key", "posted_once", "entry_is_not_its_own_mirror"),
    "billing_invoice": (
        *("one_invoice_per_completion", "invoice_sums_add_up", "invoice_paid_at_most_its_total"),
        *("draft_has_no_payments", "void_invoice_holds_no_payment", "invoice_reduced_within_net_and_tax"),
    ),
    "billing_invoiceline": ("line_worked_out_rightly", "line_sums_add_up"),
    "billing_creditnote": ("credit_note_sums_add_up", "billing_creditnote_reverses_id_key"),
    "billing_writeoff": ("billing_writeoff_reverses_id_key", "write_off_sign_follows_its_kind", "write_off_adds_up"),
    "billing_gatewaysettlement": ("settlement_adds_up",),
    "billing_payment": ("payment_used_at_most_once", "payment_not_captured_is_no_money"),
}


@pytest.fixture(scope="module")
def written(modules_own: str) -> dict[str, Any]:
    """Everything that billing does, once: a visit, payments, credit, refunds of both kinds, voids, a draft."""
    with clinic_of("riverside").inside():
        cast = make_cast()
        visit = in_session(cast)
        attendance.complete(visit, by=visit.provider.user, at=AT)
        of_visit = invoicing.issue(Invoice.objects.get(appointment=visit), by=cast.bela, at=AT)
        cast.pay("900.00", of_visit, method="cheque", credit_consent=True)
        partly = cast.issued({"unit_price": "200.00", "tax_rate": 18})
        card = cast.pay("100.00", partly, method="card")
        refund = refunds.refund(card, amount="40.00", method="cash", reason="Asked for", by=cast.bela, at=AT)
        credit.use_credit(partly, by=cast.bela, at=AT)
        void = cast.issued("50.00")
        cast.pay("50.00", void, method="upi")
        invoicing.void(void, reason="Wrong", disposition="credit", by=cast.bela, at=AT)
        deposit = cast.pay("20.00", patient=cast.ben, credit_consent=True)
        draft = cast.draft({"unit_price": "5.00"})
        drawer = a_day_at_the_till(cast)
        noted = cast.issued({"unit_price": "100.00", "tax_rate": 18})
        note_of = crediting.credit(noted, amount="59.00", reason="Too much", by=cast.bela, at=AT)
        note_back = taking_back.take_back(note_of, reason="It was right", by=cast.bela, at=AT)
        lowered = cast.issued({"unit_price": "100.00", "tax_rate": 18})
        note = crediting.credit(lowered, amount="18.00", reason="Too much", by=cast.bela, at=AT)
        rest = {"category": "courtesy", "reason": "Long wait", "by": cast.bela, "at": AT}
        gave_up = write_offs.write_off(lowered, amount="20.00", **rest)
        back = write_offs.take_back(gave_up, reason="Comes after all", by=cast.bela, at=AT)
        stands = write_offs.write_off(lowered, amount="30.00", **rest)
        by_link = cast.pay("25.00", cast.issued("25.00"), method="link")
        settled = settling.settle(payments=[by_link.pk], amount="24.00", by=cast.bela, at=AT)
        early = invoicing.issue(cast.draft({"unit_price": "7.00"}), issue_date=date(2026, 5, 4), by=cast.bela, at=AT)
        closed = closing.close(date(2026, 5, 4), by=cast.bela, at=AT)
        asked = closing.ask_to_reopen(date(2026, 5, 4), reason="A bill was forgotten", by=cast.bela, at=AT)
        opened = closing.approve(asked, by=cast.carl, at=AT)
        again = closing.close(date(2026, 5, 5), by=cast.bela, at=AT)
        things = {"visit": visit, "of_visit": of_visit, "partly": partly, "card": card, "refund": refund, "void": void}
        things |= {"lowered": lowered, "note": note, "gave_up": gave_up, "back": back, "stands": stands}
        things |= {"closed": closed, "asked": asked, "opened": opened, "again": again}
        things |= {"noted": noted, "note_of": note_of, "note_back": note_back}
        things |= {"by_link": by_link, "settled": settled}
        things |= {"drawer": drawer, "deposit": deposit, "draft": draft, "asha": cast.asha, "ben": cast.ben}
        entries = {
            "issue_of_partly": JournalEntry.objects.get(source="invoice_issued", source_id=partly.pk),
            "issue_of_early": JournalEntry.objects.get(source="invoice_issued", source_id=early.pk),
            "receipt_of_card": JournalEntry.objects.get(source="payment_received", source_id=card.pk),
            "written_off": JournalEntry.objects.get(source="written_off", source_id=stands.pk),
            "mirror": JournalEntry.objects.get(source="invoice_voided"),
        }
        return things | entries


def a_day_at_the_till(cast: Cast) -> DrawerSession:
    """Taken over by Bela, with cash in and out, a deposit at the bank, and five too little in the end."""
    till = tills.add_drawer(name="Front desk", by=cast.bela, at=AT)
    first = sessions.open_session(till, pieces={"100": 5}, by=cast.carl, at=AT)
    first = counting.count(first, Counted({"100": 5}), by=cast.carl, at=AT)
    session = sessions.accept(sessions.hand_over(first, to=cast.bela, by=cast.carl, at=AT), by=cast.bela, at=AT)
    sessions.move(session, kind="to_bank", amount="300", reason="Deposit", by=cast.bela, at=AT)
    session = counting.count(session, Counted({"100": 1, "50": 1, "20": 2, "5": 1}), by=cast.bela, at=AT)
    session = sessions.lock(session, reasons={"cash": "Five are missing"}, by=cast.bela, at=AT)
    tills.amend_drawer(till, is_active=False, by=cast.bela, at=AT)
    return session


@dataclass
class Kitchen:
    """A superuser inside a transaction that is never committed, every guard of the books taken down."""

    server: psycopg.Connection[Any]
    written: dict[str, Any]

    def cook(self, *statements: str) -> None:
        ids = {name: f"'{thing.pk}'::uuid" for name, thing in self.written.items()}
        for statement in statements:
            assert self.server.execute(statement.format(**ids)).rowcount > 0, statement
        if not any("ledger_accountday" in statement for statement in statements):
            self.sum_up()

    def sum_up(self) -> None:
        """Who cooks lines cooks the sums of their days too."""
        self.server.execute("DELETE FROM ledger_accountday")
        self.server.execute(SUM_UP)

    def found(self) -> dict[str, list[tuple[str, str]]]:
        """What each check that is not content found: kinds and numbers."""
        with self.server.cursor() as cursor:
            outcomes = {check.code: checks.examine(check, cursor) for check in checks.all_checks()}
        assert all(outcome.found == len(outcome.findings) for outcome in outcomes.values())
        for code, outcome in outcomes.items():
            for finding in outcome.findings:
                assert str(checks.find(code).words[finding.kind]) % finding.figures  # type: ignore[union-attr]
        return {
            code: [(finding.kind, finding.number) for finding in outcome.findings]
            for code, outcome in outcomes.items()
            if outcome.found
        }


@pytest.fixture
def kitchen(written: dict[str, Any], riverside: Any, as_superuser: Callable[..., Any]) -> Iterator[Kitchen]:
    with as_superuser() as server:
        server.autocommit = False
        server.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(riverside.schema)))
        server.execute("SELECT set_config('hpms.clinic', %s, true)", [str(riverside.id)])
        for table in TABLES:
            server.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(sql.Identifier(table)))
            for constraint in CONSTRAINTS.get(table, ()):
                take_down(server, table, constraint)
        yield Kitchen(server, written)
        server.rollback()


def take_down(server: psycopg.Connection[Any], table: str, constraint: str) -> None:
    is_index = server.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [constraint]).fetchone() is None
    down = "DROP INDEX {1}" if is_index else "ALTER TABLE {0} DROP CONSTRAINT {1} CASCADE"
    server.execute(sql.SQL(down).format(sql.Identifier(table), sql.Identifier(constraint)))


def test_there_are_cooked_books_for_every_check() -> None:
    assert {code for code, _statements, _expected in COOKED} == {check.code for check in checks.all_checks()}


def test_books_that_nobody_cooked_are_right(kitchen: Kitchen) -> None:
    assert kitchen.found() == {}


@pytest.mark.parametrize(("check", "statements", "expected"), COOKED)
def test_cooked_books_are_found_out(kitchen: Kitchen, check: str, statements: tuple[str, ...], expected: Found) -> None:
    kitchen.cook(*statements)
    numbers = {name: str(getattr(thing, "number", thing)) for name, thing in kitchen.written.items()}
    named = {code: [(kind, numbers.get(name, name)) for kind, name in found] for code, found in expected.items()}
    assert kitchen.found() == {code: sorted(found) for code, found in named.items()}
    assert check in expected


def test_all_that_is_wrong_is_counted_and_the_first_of_it_named(kitchen: Kitchen) -> None:
    kitchen.cook(
        "INSERT INTO ledger_journalentry (id, number, effective_on, recorded_at, source, description, made_in)"
        " SELECT gen_random_uuid(), 'JRN-2025-' || to_char(n, 'FM00000'), '2025-03-01', now(), 'attack', 'Empty', 0"
        " FROM generate_series(1, 120) n"
    )
    with kitchen.server.cursor() as cursor:
        outcome = checks.examine(checks.all_checks()[0], cursor)
    assert (outcome.found, len(outcome.findings)) == (120, checks.MOST_NAMED)
    assert outcome.findings[0].number == "JRN-2025-00001"
