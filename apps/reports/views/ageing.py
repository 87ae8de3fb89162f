"""Receivables ageing as a page and as CSV."""

from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.accounts.models import User
from apps.audit.reads import record_reads
from apps.clinic import profile
from apps.core import clock, naming
from apps.core.money import ZERO
from apps.core.sheets import exact, refused_sheet, safe, sheet_named
from apps.ledger.writing import Writer
from apps.reports.ageing import AMOUNTS, BUCKETS, READ_AS, Ageing, Debtor
from apps.reports.forms import AgeingForm

PER_PAGE = 50


@requires("reports.view_revenue")
@require_safe
def ageing(request: HttpRequest) -> HttpResponse:
    """Who owes how much, by how long it is overdue."""
    form, day, known, asked = _asked(request)
    write = Writer.of_clinic()
    shown = Paginator(asked, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "day": day,
        "known": known,
        "buckets": [_share(key, asked, write) for key in BUCKETS],
        "rows": [
            {
                "debtor": debtor,
                "name": name,
                "owed": write.amount(debtor.amounts["total"]),
                "amounts": [write.amount(debtor.amounts[key]) if debtor.amounts[key] else "" for key in BUCKETS],
            }
            for debtor, name in _named(shown.object_list, request)
        ],
        "totals": [write.amount(asked.totals[key]) for key in BUCKETS],
        "owed": write.amount(asked.totals["total"]),
        "total": write.money(asked.totals["total"]),
        "invoices": asked.invoices,
        "page_obj": shown,
        "clinic": profile.current(),
        "export": f"{reverse('reports:ageing_export')}?{request.GET.urlencode()}",
    }
    return render(request, "reports/ageing.html", context, status=400 if request.GET and form.errors else 200)


@requires("reports.view_revenue")
@require_safe
def export(request: HttpRequest) -> HttpResponse:
    """All debtors as CSV: plain numbers, no cell that a sheet would run."""
    form, day, _known, asked = _asked(request)
    if request.GET and form.errors:
        return refused_sheet(form)
    clinic = profile.current()
    response, sheet = sheet_named(f"receivables-{day:%Y-%m-%d}.csv")
    heads = [_("Patient"), _("Name"), _("Invoices"), _("Days overdue"), *BUCKETS.values(), _("Total"), _("Currency")]
    sheet.writerow([safe(head) for head in heads])
    for debtor, name in _named(asked, request):
        amounts = [exact(debtor.amounts[key], clinic.currency_info.unit) for key in AMOUNTS]
        who = [safe(name.words), safe(name.person)] if name else ["", ""]
        sheet.writerow([*who, debtor.invoices, max(debtor.oldest, 0), *amounts, clinic.currency])
    totals = [exact(asked.totals[key], clinic.currency_info.unit) for key in AMOUNTS]
    sheet.writerow([_("Total"), "", asked.invoices, "", *totals, clinic.currency])
    return response


def _asked(request: HttpRequest) -> tuple[AgeingForm, date, date | None, Ageing]:
    today = clock.day_of(clock.now(), profile.current().zone)
    form = AgeingForm(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    day, known = chosen.get("day") or today, chosen.get("known")
    if not request.GET:
        form = AgeingForm(initial={"day": today})
    known_at: datetime | None = clock.last_moment_of(known, profile.current().zone) if known else None
    return form, day, known, Ageing(day=day, known_at=known_at, order=chosen.get("order", "amount"))


def _named(debtors: Any, request: HttpRequest) -> list[tuple[Debtor, naming.Name | None]]:
    debtors = list(debtors)
    record_reads({debtor.person for debtor in debtors}, READ_AS)
    assert isinstance(request.user, User)
    names = naming.names("patient", (debtor.person for debtor in debtors), reader=request.user)
    return [(debtor, names.get(debtor.person)) for debtor in debtors]


def _share(key: str, asked: Ageing, write: Writer) -> dict[str, Any]:
    amount, total = asked.totals[key], asked.totals["total"]
    share = max(amount, ZERO) / total * 100 if total > 0 else ZERO
    return {"key": key, "words": BUCKETS[key], "amount": write.money(amount), "share": f"{share:.1f}"}
