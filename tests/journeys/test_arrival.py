"""From the desk to the books: checked in with a copay, called, seen, charged, the credit used."""

from datetime import timedelta
from uuid import uuid4

from apps.billing.models import Invoice, Payment
from apps.core.clock import now
from apps.scheduling import booking
from apps.scheduling.arrival import screens
from apps.scheduling.calendars import hours
from apps.scheduling.models import QueueTicket


def test_front_desk_checks_in_with_copay_and_the_credit_pays_the_invoice(riverside, lakeside, cast, scene, web):
    at = now()
    with riverside.inside(by=cast.ada):
        hours.open_one_off(scene.shah, starts_at=at, ends_at=at + timedelta(hours=1), by=cast.ada, at=at)
        visit = booking.book(
            patient=scene.meera,
            provider=scene.shah,
            appointment_type=scene.check_up,
            starts_at=at,
            override_reason="Whatever the hour",
            by=cast.ada,
            at=at,
        )
        secret = screens.hang_up(name="Ground floor", by=cast.ada, at=at)[1]
    desk, provider, biller = web(riverside, cast.sara), web(riverside, cast.shah), web(riverside, cast.bela)
    screen, address = web(riverside), f"/waiting-room/screen/{secret}/"

    copay = {"ticket": uuid4(), "how": "pay", "amount": "590", "method": "card", "details_confirmed": "on"}
    assert desk.post(f"/billing/visits/{visit.pk}/check-in/", copay).status_code == 302
    with riverside.inside():
        ticket, payment = QueueTicket.objects.get(), Payment.objects.get()
    assert desk.get(f"/appointments/{visit.pk}/token/?paper=roll").content.startswith(b"%PDF")
    assert desk.get(f"/billing/payments/{payment.pk}/receipt/?paper=roll").status_code == 200
    assert "1 patient waiting" in screen.get(address).content.decode()

    call = {"expecting": ticket.pk, "begin": "1", "next": "/my-day/"}
    assert provider.post(f"/waiting-room/providers/{scene.shah.pk}/next-call/", call).status_code == 302
    shown = screen.get(address).content.decode()
    assert ticket.token in shown
    assert "Meera" not in shown
    assert provider.post(f"/appointments/{visit.pk}/completion/").status_code == 302

    with riverside.inside():
        draft = Invoice.objects.get(appointment=visit)
        assert QueueTicket.objects.get().status == "done"
    page = biller.get(f"/billing/invoices/{draft.pk}/").content.decode()
    assert 'name="use_credit"' in page
    assert biller.post(f"/billing/invoices/{draft.pk}/issue/", {"use_credit": "on"}).status_code == 302
    with riverside.inside():
        invoice = Invoice.objects.get(pk=draft.pk)
        assert (invoice.status, invoice.due, Payment.objects.get().unapplied) == ("paid", 0, 0)

    assert web(lakeside).get(address).status_code == 404
    lena = web(lakeside, cast.lena)
    for page in (f"/billing/visits/{visit.pk}/check-in/", f"/waiting-room/tickets/{ticket.pk}/"):
        assert lena.get(page).status_code == 404
