"""What is measured with years in the books: each row asks as a browser or a program at the desk does."""

from datetime import timedelta

from django.http import HttpResponse

from apps.bench.asking import Scenario, answer, browser, caller, page
from apps.bench.measuring import Request
from apps.bench.stage import Stage
from apps.billing.models import Invoice

MOST_PAYMENTS = 3_000
MOST_ISSUES = 100
LINES = [
    {"description": "Treatment", "unit_price": price, "tax_name": "GST", "tax_rate": "18"} for price in ("500", "200")
]


def draft(stage: Stage) -> Request:
    """With two lines."""
    program = caller(stage)

    def drafted(number: int) -> HttpResponse:
        patient = stage.patients[number * 7919 % len(stage.patients)].pk
        return answer(program.post(page("api-invoices"), {"patient": patient, "lines": LINES}, format="json"))

    return drafted


def issue(stage: Stage) -> Request:
    """Of drafts that were made beforehand."""
    program, drafted = caller(stage), draft(stage)
    drafts = [drafted(number).json()["id"] for number in range(MOST_ISSUES)]  # type: ignore[attr-defined]
    return lambda number: answer(program.post(page("api-invoice-issue", drafts[number]), {}, format="json"))


def draft_and_issue(stage: Stage) -> Request:
    """One after the other, measured as one."""
    program, drafted = caller(stage), draft(stage)

    def issued(number: int) -> HttpResponse:
        made = drafted(number).json()["id"]  # type: ignore[attr-defined]
        return answer(program.post(page("api-invoice-issue", made), {}, format="json"))

    return issued


def payment(stage: Stage) -> Request:
    """Of an invoice that stands open, the oldest first."""
    program = caller(stage)
    with stage.inside():
        owed = list(Invoice.objects.unpaid().oldest_first().values_list("pk", "patient_id", "due")[:MOST_PAYMENTS])

    def pay(number: int) -> HttpResponse:
        invoice, patient, due = owed[number]
        wish = {"patient": patient, "method": "cash", "amount": due, "invoices": [{"invoice": invoice}]}
        return answer(program.post(page("api-payments"), wish, format="json"))

    return pay


def invoice_page(stage: Stage) -> Request:
    """One that was issued a moment ago: what is sealed in a copied one can be read on the first one only."""
    desk = browser(stage)
    with stage.inside():
        path = page("billing:invoice", Invoice.objects.issued().latest("issued_at").pk)
    return lambda number: answer(desk.get(path))


def daily_report(stage: Stage) -> Request:
    desk, day = browser(stage), str(stage.day - timedelta(days=1))
    return lambda number: answer(desk.get(page("reports:dashboard"), {"first": day, "last": day}))


def monthly_report(stage: Stage) -> Request:
    desk, month = browser(stage), (stage.day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    return lambda number: answer(desk.get(page("reports:dashboard"), {"month": month}))


def ageing(stage: Stage) -> Request:
    desk = browser(stage)
    return lambda number: answer(desk.get(page("reports:ageing")))


def trial_balance(stage: Stage) -> Request:
    desk = browser(stage)
    return lambda number: answer(desk.get(page("ledger:trial_balance")))


def _unpaid(stage: Stage) -> int:
    with stage.inside():
        return min(Invoice.objects.unpaid().count(), MOST_PAYMENTS)


MONEY = (
    Scenario("draft", "a draft of two lines (API)", None, None, draft),
    Scenario("issue", "its issue (API)", None, None, issue, lambda stage: MOST_ISSUES),
    Scenario("draft-issue", "both, one after the other", 60, None, draft_and_issue, has_floor=False),
    Scenario("payment", "a payment (API)", 40, None, payment, _unpaid),
    Scenario("invoice", "an invoice's page", 40, None, invoice_page),
    Scenario("daily", "a day's report", 100, None, daily_report),
    Scenario("monthly", "a month's report", 400, None, monthly_report),
    Scenario("ageing", "receivables by age", 500, None, ageing),
    Scenario("trial-balance", "the trial balance", 200, None, trial_balance),
)
