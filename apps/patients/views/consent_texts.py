"""Set-up of consent forms: the clinic admin writes, publishes, follows up and withdraws texts."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.clinic import profile
from apps.core.clock import now
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients import consent_texts
from apps.patients.forms.consents import ConsentTextForm, LanguageForm
from apps.patients.lines import language_words
from apps.patients.models import ConsentForm
from apps.patients.views.shared import signed_in_as

FORMS = require_http_methods(["GET", "HEAD", "POST"])
WRITE = "patients.edit_consent_form"


@require_safe
@requires(WRITE)
def all_forms(request: HttpRequest) -> HttpResponse:
    """Every form with its versions, the newest first."""
    texts = ConsentForm.objects.newest_first().annotate(signed=Count("answers")).select_related("published_by")
    series: dict[UUID, list[ConsentForm]] = {}
    for text in texts:
        series.setdefault(text.series, []).append(text)
    groups = sorted(series.values(), key=lambda group: (not any(one.is_open for one in group), group[0].title))
    shown = [(group[0].title, [(text, language_words(text.language)) for text in group]) for group in groups]
    return render(request, "patients/consent_forms.html", {"groups": shown, "zone": profile.current().zone})


@FORMS
@requires(WRITE)
def new(request: HttpRequest) -> HttpResponse:
    """A new form, as a draft."""
    language = profile.current().locale.split("-")[0]
    form = ConsentTextForm(request.POST or None, initial={"language": language, "is_required": True})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                text = consent_texts.draft(by=signed_in_as(request), at=now(), **form.cleaned_data)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Saved as a draft. Nobody is asked for it before it is published."))
                return redirect("patients:consent_form", text.pk)
    context = {"form": form, "title": _("New consent form")}
    return render(request, "patients/consent_form_edit.html", context, status=status)


@FORMS
@requires(WRITE)
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A text: a draft can be changed, a published one is only read."""
    text = get_object_or_404(ConsentForm.objects.select_related("published_by", "withdrawn_by"), pk=pk)
    if not text.is_draft and request.method == "POST":
        return _shown(request, text, consent_texts.PublishedAlready())
    if not text.is_draft:
        return _shown(request, text)
    form = ConsentTextForm(request.POST or None, instance=text, is_first=text.version == 1)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                consent_texts.amend(text, by=signed_in_as(request), at=now(), **form.cleaned_data)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Saved."))
                return redirect("patients:consent_form", pk)
    context = {"form": form, "text": text, "title": _("Draft: %(title)s") % {"title": text}}
    return render(request, "patients/consent_form_edit.html", context, status=status)


@require_POST
@requires(WRITE)
def publication(request: HttpRequest, pk: UUID) -> HttpResponse:
    """From now on it is signed, and does not change any more."""
    return _done(request, pk, consent_texts.publish, _("Published. It can be signed from now on."))


@require_POST
@requires(WRITE)
def withdrawal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Nobody is asked for it any more."""
    return _done(request, pk, consent_texts.withdraw, _("Withdrawn. What was signed stays valid."))


@require_POST
@requires(WRITE)
def discarding(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Throw a draft away."""
    text = get_object_or_404(ConsentForm, pk=pk)
    try:
        consent_texts.discard(text, by=signed_in_as(request), at=now())
    except Refusal as refusal:
        return _shown(request, text, refusal)
    toast(request, _("The draft is gone."))
    return redirect("patients:consent_forms")


@require_POST
@requires(WRITE)
def next_version(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A draft of what comes after this text, or of its translation (language)."""
    text = get_object_or_404(ConsentForm, pk=pk)
    form = LanguageForm(request.POST)
    language = form.cleaned_data["language"] if form.is_valid() else ""
    try:
        draft = consent_texts.next_version(text, by=signed_in_as(request), at=now(), language=language)
    except Refusal as refusal:
        return _shown(request, text, refusal)
    toast(request, _("A draft was begun."))
    return redirect("patients:consent_form", draft.pk)


def _done(request: HttpRequest, pk: UUID, rule: Callable[..., ConsentForm], words: str) -> HttpResponse:
    text = get_object_or_404(ConsentForm, pk=pk)
    try:
        rule(text, by=signed_in_as(request), at=now())
    except Refusal as refusal:
        return _shown(request, text, refusal)
    toast(request, words)
    return redirect("patients:consent_form", pk)


def _shown(request: HttpRequest, text: ConsentForm, refusal: Refusal | None = None) -> HttpResponse:
    taken = ConsentForm.objects.filter(series=text.series).values_list("language", flat=True)
    languages = ConsentTextForm().fields["language"].choices  # type: ignore[attr-defined]
    context: dict[str, Any] = {
        "text": text,
        "refused": refusal.message if refusal else "",
        "language": language_words(text.language),
        "languages": [pair for pair in languages if pair[0] not in set(taken)],
        "zone": profile.current().zone,
    }
    return render(request, "patients/consent_form.html", context, status=refusal.status if refusal else 200)
