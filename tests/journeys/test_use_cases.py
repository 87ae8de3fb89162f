"""UC-01, UC-02 and UC-03 as they are required, through the pages and through the API."""

from decimal import Decimal
from uuid import uuid4

from django.db import connection

from apps.billing.models import Invoice, Payment
from apps.scheduling import attendance, booking
from apps.scheduling.models import Appointment


def balance(role):
    """Of one account of the ledger, debits less credits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(l.debit - l.credit), 0) FROM ledger_journalline l"
            " JOIN ledger_account a ON a.id = l.account_id WHERE a.role = %s",
            [role],
        )
        return cursor.fetchone()[0]


def in_session(clinic, cast, scene):
    with clinic.inside(by=cast.ada):
        at = scene.at("10:00")
        visit = booking.book(
            patient=scene.meera,
            provider=scene.shah,
            appointment_type=scene.check_up,
            starts_at=at,
            by=cast.sara,
            at=at,
        )
        attendance.arrive(visit, by=cast.sara, at=at)
        return attendance.start(visit, by=cast.shah, at=at)


def with_open_invoice(clinic, cast, scene, web):
    visit = in_session(clinic, cast, scene)
    with clinic.inside(by=cast.shah):
        attendance.complete(visit, by=cast.shah, at=scene.at("10:25"))
        draft = Invoice.objects.get(appointment=visit)
    assert web(clinic, cast.bela).post(f"/billing/invoices/{draft.pk}/issue/", {}).status_code == 302
    with clinic.inside():
        return Invoice.objects.get(pk=draft.pk)


def test_uc01_on_pages_the_desk_books_where_the_provider_works_and_nothing_overlaps(riverside, cast, scene, web):
    desk = web(riverside, cast.sara)

    assert desk.post("/schedule/booking/", scene.form("10:00")).status_code == 302
    on_sheet = desk.get(f"/schedule/?day={scene.today}").content.decode()
    overlapping = desk.post("/schedule/booking/", scene.form("10:15", scene.john))
    at_lunch = desk.post("/schedule/booking/", scene.form("12:45", scene.john))
    back_to_back = desk.post("/schedule/booking/", scene.form("10:30", scene.john))

    assert "Meera Joshi" in on_sheet
    assert overlapping.status_code == 409
    assert "Meera Joshi" in overlapping.content.decode()
    assert at_lunch.status_code == 409
    assert back_to_back.status_code == 302
    with riverside.inside():
        booked = Appointment.objects.order_by("starts_at").values_list("patient_id", "status", "booked_by_id")
        assert list(booked) == [
            (scene.meera.pk, "scheduled", cast.sara.pk),
            (scene.john.pk, "scheduled", cast.sara.pk),
        ]


def test_uc01_through_the_api(riverside, cast, scene, api):
    desk = api(riverside, cast.sara)

    first = desk.post("/api/v1/appointments/", scene.body("10:00"))
    overlapping = desk.post("/api/v1/appointments/", scene.body("10:15", scene.john))
    too_early = desk.post("/api/v1/appointments/", scene.body("08:30", scene.john))

    assert (first.status_code, first.json()["tenant_id"]) == (201, str(riverside.id))
    assert overlapping.status_code == 409
    assert [one["id"] for one in overlapping.json()["in_the_way"]] == [first.json()["id"]]
    assert len(overlapping.json()["free_times"]) == 3
    assert too_early.status_code == 409


def test_uc02_on_pages_a_completed_visit_leaves_a_draft_with_the_rate_of_its_type(riverside, cast, scene, web):
    visit = in_session(riverside, cast, scene)
    provider = web(riverside, cast.shah)

    assert provider.post(f"/appointments/{visit.pk}/completion/").status_code == 302
    provider.post(f"/appointments/{visit.pk}/completion/")  # a second press changes nothing

    with riverside.inside():
        (draft,) = Invoice.objects.filter(appointment=visit)
        (line,) = draft.lines.all()
        assert Appointment.objects.get(pk=visit.pk).status == "completed"
        assert (draft.status, draft.number, draft.total) == ("draft", "", Decimal(590))
        assert (line.description, line.unit_price, line.tax_name, line.tax_rate) == ("Check-up", 500, "GST", 18)


def test_uc02_through_the_api(riverside, cast, scene, api):
    visit = in_session(riverside, cast, scene)

    done = api(riverside, cast.shah).post(f"/api/v1/appointments/{visit.pk}/completion/")
    again = api(riverside, cast.shah).post(f"/api/v1/appointments/{visit.pk}/completion/")
    drafts = api(riverside, cast.bela).get("/api/v1/invoices/", {"status": "draft"}).json()["results"]

    assert (done.status_code, again.status_code) == (200, 409)
    assert [draft["total"] for draft in drafts] == ["590.00"]


def test_uc03_on_pages_a_payment_makes_the_invoice_paid_and_credits_revenue(riverside, cast, scene, web):
    invoice = with_open_invoice(riverside, cast, scene, web)
    with riverside.inside():
        assert (balance("accounts_receivable"), balance("revenue")) == (590, 0)

    paid = web(riverside, cast.bela).post(
        f"/billing/invoices/{invoice.pk}/payment/", {"ticket": uuid4(), "amount": "590", "method": "upi"}
    )

    assert paid.status_code == 302
    with riverside.inside():
        assert Invoice.objects.get(pk=invoice.pk).status == "paid"
        assert (balance("accounts_receivable"), balance("upi")) == (0, 590)
        assert (balance("revenue"), balance("tax_payable"), balance("deferred_revenue")) == (-500, -90, 0)


def test_uc03_through_the_api(riverside, cast, scene, web, api):
    invoice = with_open_invoice(riverside, cast, scene, web)

    body = {"invoices": [{"invoice": str(invoice.pk)}], "method": "card", "amount": "590.00"}
    keyed = {"Idempotency-Key": "the-till-pressed-twice"}
    answers = [api(riverside, cast.bela).post("/api/v1/payments/", body, headers=keyed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["number"] == answers[1].json()["number"]
    with riverside.inside():
        assert Payment.objects.count() == 1
        assert (Invoice.objects.get(pk=invoice.pk).status, balance("revenue")) == ("paid", -500)
