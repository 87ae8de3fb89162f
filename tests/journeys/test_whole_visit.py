"""The heart of the house: booked, arrived, seen, charged, paid, in the books, seen by the admin, kept in the trail."""

from uuid import uuid4

from django.db import connection

from apps.billing.models import Invoice, Payment
from apps.scheduling.models import Appointment


def test_a_whole_visit_from_booking_to_the_books(riverside, lakeside, cast, scene, web, api):
    desk, provider = web(riverside, cast.sara), web(riverside, cast.shah)
    biller, admin = web(riverside, cast.bela), web(riverside, cast.ada)

    assert desk.post("/schedule/booking/", scene.form("11:00", reason="Headache")).status_code == 302
    with riverside.inside():
        visit = Appointment.objects.get()
    assert desk.post(f"/appointments/{visit.pk}/arrival/").status_code == 302
    assert provider.get("/my-day/").status_code == 200
    assert provider.post(f"/appointments/{visit.pk}/start/").status_code == 302
    assert provider.post(f"/appointments/{visit.pk}/completion/").status_code == 302

    with riverside.inside():
        invoice = Invoice.objects.get(appointment=visit)
    assert str(invoice.pk) in biller.get("/billing/").content.decode()
    assert biller.post(f"/billing/invoices/{invoice.pk}/issue/", {}).status_code == 302
    paying = {"ticket": uuid4(), "amount": "590", "method": "cash"}
    assert biller.post(f"/billing/invoices/{invoice.pk}/payment/", paying).status_code == 302
    with riverside.inside():
        invoice, payment = Invoice.objects.get(pk=invoice.pk), Payment.objects.get()
        assert (invoice.status, invoice.due, payment.amount) == ("paid", 0, 590)
        assert _revenue() == 500
    receipt = biller.get(f"/billing/payments/{payment.pk}/receipt/")
    assert (receipt.status_code, receipt.headers["Content-Type"]) == (200, "application/pdf")

    dashboard = admin.get(f"/reports/?first={scene.today}&last={scene.today}").content.decode()
    assert "590.00" in dashboard

    trail = _trail_of(riverside, scene.meera.pk)
    assert {(actor, table) for actor, table in trail} >= {
        (f"user:{cast.sara.pk}", "scheduling_appointment"),
        (f"user:{cast.shah.pk}", "scheduling_appointment"),
        (f"user:{cast.shah.pk}", "billing_invoice"),
        (f"user:{cast.bela.pk}", "billing_payment"),
    }
    assert admin.get("/audit/").status_code == 200

    _lena_sees_nothing_of_it(lakeside, cast, web, api, visit, invoice, payment, scene)


def _lena_sees_nothing_of_it(lakeside, cast, web, api, visit, invoice, payment, scene):
    """The outsider is clinic admin in her own clinic, and Riverside's ids mean nothing there."""
    pages = (
        f"/patients/{scene.meera.pk}/",
        f"/appointments/{visit.pk}/",
        f"/billing/invoices/{invoice.pk}/",
        f"/billing/invoices/{invoice.pk}/pdf/",
        f"/billing/payments/{payment.pk}/",
        f"/billing/payments/{payment.pk}/receipt/",
        f"/billing/patients/{scene.meera.pk}/",
    )
    lena = web(lakeside, cast.lena)
    assert {page: lena.get(page).status_code for page in pages} == dict.fromkeys(pages, 404)
    ends = (
        f"/api/v1/patients/{scene.meera.pk}/",
        f"/api/v1/appointments/{visit.pk}/",
        f"/api/v1/invoices/{invoice.pk}/",
        f"/api/v1/payments/{payment.pk}/",
    )
    program = api(lakeside, cast.lena)
    assert {end: program.get(end).status_code for end in ends} == dict.fromkeys(ends, 404)
    assert program.post(f"/api/v1/invoices/{invoice.pk}/void/", {"reason": "mine"}).status_code == 404


def _revenue():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(l.credit - l.debit) FROM ledger_journalline l"
            " JOIN ledger_account a ON a.id = l.account_id WHERE a.role = 'revenue'"
        )
        return cursor.fetchone()[0]


def _trail_of(clinic, patient_id):
    with clinic.inside(), connection.cursor() as cursor:
        cursor.execute("SELECT actor, table_name FROM audit_event WHERE patient_id = %s", [patient_id])
        return cursor.fetchall()
