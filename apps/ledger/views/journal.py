"""The journal: every entry of the books, newest first, and one entry with its lines."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core import naming
from apps.core.pages import page
from apps.core.paging import stretch
from apps.ledger.forms import JournalFilter
from apps.ledger.models import JournalEntry, JournalLine
from apps.ledger.reading import patients_named
from apps.ledger.writing import Writer


@requires("ledger.view_journal")
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """All entries, or those of some days, an account, a number."""
    form = JournalFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    found = stretch(_matching(chosen), by=("effective_on", "number"), cursor=request.GET.get("cursor", ""))
    context = {
        "form": form,
        "entries": list(with_names(found.rows, request)),
        "newer": found.newer,
        "older": found.older,
        "clinic": profile.current(),
        "is_filtered": any(chosen.values()),
    }
    return page(
        request,
        "ledger/entries.html",
        context,
        fragment="ledger/_entries.html",
        status=400 if request.GET and form.errors else 200,
    )


@requires("ledger.view_journal")
@require_safe
def entry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One entry: its lines, whom they concern, which document it came from, and what took it back."""
    found = get_object_or_404(JournalEntry.objects.select_related("by", "reverses", "reversed_by"), pk=pk)
    lines = list(found.lines.select_related("account"))
    write = Writer.of_clinic()
    patients = patients_named((line.subject for line in lines), request)
    documents = naming.names("document", (line.document for line in lines), reader=request.user)
    rows = [
        {
            "account": line.account,
            "debit": write.amount(line.debit) if line.debit else "",
            "credit": write.amount(line.credit) if line.credit else "",
            "subject": line.subject,
            "patient": patients.get(line.subject) if line.subject else None,
            "document": documents.get(line.document) if line.document else None,
        }
        for line in lines
    ]
    context = {
        "entry": found,
        "reversed_by": getattr(found, "reversed_by", None),
        "origin": _origins([found], request).get(found.pk),
        "rows": rows,
        "total": write.amount(sum((line.debit for line in lines), start=write.nothing)),
        "clinic": profile.current(),
    }
    return render(request, "ledger/entry.html", context)


def with_names(found: Iterable[JournalEntry], request: HttpRequest) -> Iterable[dict[str, Any]]:
    """Entries as rows of a list, their documents called by name."""
    found = list(found)
    write, origins = Writer.of_clinic(), _origins(found, request)
    return (
        {"entry": each, "total": write.amount(each.total), "origin": origins.get(each.pk)}  # type: ignore[attr-defined]
        for each in found
    )


def with_total(queryset: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
    """Adds to each entry the sum of its debits, which is that of its credits too."""
    total = JournalLine.objects.filter(entry=OuterRef("pk")).order_by().values("entry").annotate(sum=Sum("debit"))
    return queryset.select_related("by", "reversed_by").annotate(total=Subquery(total.values("sum")))


def _matching(chosen: dict[str, Any]) -> QuerySet[JournalEntry]:
    matching = with_total(JournalEntry.objects.all())
    if chosen.get("first"):
        matching = matching.filter(effective_on__gte=chosen["first"])
    if chosen.get("last"):
        matching = matching.filter(effective_on__lte=chosen["last"])
    if chosen.get("number"):
        matching = matching.filter(number__istartswith=chosen["number"].strip())
    if chosen.get("account"):
        matching = matching.filter(Exists(JournalLine.objects.filter(entry=OuterRef("pk"), account=chosen["account"])))
    return matching


def _origins(found: Iterable[JournalEntry], request: HttpRequest) -> dict[UUID, naming.Name]:
    """What each entry was made from, as the department that posted it calls it."""
    by_source: dict[str, set[UUID]] = defaultdict(set)
    for each in found:
        if each.source_id:
            by_source[each.source].add(each.source_id)
    known = {source: naming.names(source, ids, reader=request.user) for source, ids in by_source.items()}
    return {
        each.pk: known[each.source][each.source_id]
        for each in found
        if each.source_id and each.source_id in known[each.source]
    }
