"""A patient's documents: listed, filed, described, taken out of use."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import now
from apps.core.forms import beside
from apps.core.pages import wants_fragment
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.documents import filing, kinds
from apps.patients.forms.documents import DocumentForm, FilingForm, FilterForm, ReasonForm, VersionForm
from apps.patients.models import Document, DocumentQuerySet, DocumentShare, Patient
from apps.patients.views.shared import signed_in_as

FORMS = require_http_methods(["GET", "HEAD", "POST"])
PER_PAGE = 25


@csrf_exempt  # looked at by _documents, once it is clear that the request may be read at all
@FORMS
@requires("patients.view_document")
def documents(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All documents of a patient; a POST files new ones."""
    if request.method == "POST" and not request.user.has_perm("patients.file_document"):
        raise PermissionDenied
    return _refuse_unread(request) if too_large(request) else _documents(request, pk)


@csrf_protect
def _documents(request: HttpRequest, pk: UUID) -> HttpResponse:
    patient = get_object_or_404(Patient, pk=pk)
    record_read(patient.pk, "documents")
    form, status = FilingForm(), 200
    if request.method == "POST":
        form = FilingForm(request.POST, request.FILES)
        results = _filed(request, patient, form)
        refused = [result for result in results if result["refused"]]
        status = 400 if refused or not results or not form.is_valid() else 200
        if wants_fragment(request):
            return render(request, "patients/_filed.html", {"results": results, "form": form}, status=status)
        if status == 200:
            filed = len(results)
            toast(request, ngettext("%(n)d document filed.", "%(n)d documents filed.", filed) % {"n": filed})
            return redirect("patients:documents", patient.pk)
    chosen = FilterForm(request.GET)
    found = _chosen(patient, chosen.cleaned_data if chosen.is_valid() else {})
    context = {
        "patient": patient,
        "page_obj": Paginator(found.with_versions().newest_first(), PER_PAGE).get_page(request.GET.get("page")),
        "filters": chosen,
        "filing_form": form,
        "zone": profile.current().zone,
    }
    template = "patients/_documents.html" if wants_fragment(request) else "patients/documents.html"
    return render(request, template, context, status=status)


@require_safe
@requires("patients.view_document")
def document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One document: what it looks like, its versions, and to whom it was shown."""
    found = _fetch(pk)
    record_read(found.patient_id, f"document:{found.pk}")
    return _page(request, found)


@FORMS
@requires("patients.file_document")
def amend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Correct title, kind, date or tags."""
    found = _fetch(pk)
    record_read(found.patient_id, f"document:{found.pk}")
    form = DocumentForm(request.POST or None, initial=DocumentForm.of(found))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                filing.amend(found, by=signed_in_as(request), at=now(), **form.cleaned_data)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                toast(request, _("Saved."))
                return redirect("patients:document", found.pk)
    return render(request, "patients/document_details.html", {"document": found, "form": form}, status=status)


@csrf_exempt  # looked at by _versions, once it is clear that the request may be read at all
@require_POST
@requires("patients.file_document")
def versions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring a newer file."""
    return _refuse_unread(request) if too_large(request) else _versions(request, pk)


@csrf_protect
def _versions(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = _fetch(pk)
    form = VersionForm(request.POST, request.FILES)
    upload = request.FILES.get("file")
    if upload is None:
        return _page(request, found, form, status=400)
    try:
        filing.add_version(found, upload=upload, by=signed_in_as(request), at=now())
    except Refusal as refusal:
        form.add_error("file", str(refusal))
        return _page(request, found, form, status=refusal.status)
    toast(request, _("The new version is filed; older ones stay."))
    return redirect("patients:document", found.pk)


@FORMS
@requires("patients.retract_document")
def supersession(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A newer document has taken its place."""
    words = _("It stays readable, marked as superseded.")
    return _close(request, pk, filing.supersede, _("Superseded?"), words, _("Superseded"))


@FORMS
@requires("patients.retract_document")
def error(request: HttpRequest, pk: UUID) -> HttpResponse:
    """It should not be here."""
    words = _("It leaves the lists and its links stop. Nothing is erased: it can be brought back.")
    return _close(request, pk, filing.enter_in_error, _("Entered in error?"), words, _("Entered in error"))


@FORMS
@requires("patients.retract_document")
def reinstatement(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring it back into use."""
    found = _fetch(pk)
    record_read(found.patient_id, f"document:{found.pk}")
    refused, status = "", 200
    if request.method == "POST":
        try:
            filing.reinstate(found, by=signed_in_as(request), at=now())
        except Refusal as refusal:
            refused, status = str(refusal), refusal.status
        else:
            toast(request, _("The document is in use again."))
            return redirect("patients:document", found.pk)
    context = {
        "title": _("Bring back into use?"),
        "message": refused or _("The document appears in the lists again."),
        "action": _("Bring back"),
        "cancel_url": reverse("patients:document", args=[found.pk]),
    }
    return render(request, "confirm.html", context, status=status)


def too_large(request: HttpRequest) -> bool:
    """Whether a request is larger than any upload may be, by what it says of itself: nothing of it was read yet."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdecimal() or int(length) > settings.HPMS_LARGEST_REQUEST


def _refuse_unread(request: HttpRequest) -> HttpResponse:
    most = settings.HPMS_LARGEST_DOCUMENT // 1024 // 1024
    words = _("That is too much at once: a file has %(most)d MB at most. Nothing was sent or saved.") % {"most": most}
    template = "patients/_filed.html" if wants_fragment(request) else "patients/too_large.html"
    return render(request, template, {"words": words}, status=413)


def _filed(request: HttpRequest, patient: Patient, form: FilingForm) -> list[dict[str, Any]]:
    """File what was brought, each file for itself: one that is refused does not hold up the others."""
    uploads = request.FILES.getlist("file")
    if not uploads:
        form.add_error("file", _("Choose a file, or drop it here."))
    if not form.is_valid():
        return []
    said = {name: form.cleaned_data[name] for name in ("category", "dated_on", "tags")}
    title = form.cleaned_data["title"] if len(uploads) == 1 else ""
    results = []
    for upload in uploads:
        result: dict[str, Any] = {"name": kinds.tidy_name(str(upload.name)[:150]), "refused": "", "twin": None}
        try:
            result["document"] = filing.file_document(
                patient, upload=upload, title=title, by=signed_in_as(request), at=now(), **said
            )
        except filing.AlreadyFiled as refusal:
            result |= {"refused": str(refusal), "twin": refusal.document}
        except Refusal as refusal:
            result["refused"] = str(refusal)
            if refusal.field in form.fields and refusal.field != "file":
                form.add_error(refusal.field, str(refusal))
        results.append(result)
    for result in results:
        if result["refused"]:
            form.add_error("file", f"{result['name']}: {result['refused']}")
    return results


def _close(request: HttpRequest, pk: UUID, rule: Any, title: str, message: str, action: str) -> HttpResponse:
    found = _fetch(pk)
    record_read(found.patient_id, f"document:{found.pk}")
    form = ReasonForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                rule(found, reason=form.cleaned_data["reason"], by=signed_in_as(request), at=now())
            except Refusal as refusal:
                form.add_error("reason" if refusal.field == "reason" else None, str(refusal))
                status = refusal.status
            else:
                undo = reverse("patients:document_reinstatement", args=[found.pk])
                toast(request, _("Marked: %(status)s.") % {"status": action.lower()}, undo_url=undo)
                return redirect("patients:documents", found.patient_id)
    context = {
        "title": title,
        "message": message,
        "action": action,
        "danger": rule is filing.enter_in_error,
        "form": form,
        "cancel_url": reverse("patients:document", args=[found.pk]),
    }
    return render(request, "confirm.html", context, status=status)


def _page(request: HttpRequest, found: Document, form: VersionForm | None = None, *, status: int = 200) -> HttpResponse:
    shares: Any = []
    if request.user.has_perm("patients.share_document"):
        rows = DocumentShare.objects.filter(version__document=found).order_by("-created_at")
        shares = list(rows.select_related("version", "created_by", "revoked_by").prefetch_related("openings")[:20])
        at = now()
        for share in shares:
            share.over = share.is_over(at)
    newest = found.newest
    context = {
        "document": found,
        "patient": found.patient,
        "newest": newest,
        "kind": kinds.KINDS.get(newest.media_type),
        "preview": kinds.KINDS[newest.media_type].preview if newest.may_be_opened else "",
        "version_form": form or VersionForm(),
        "shares": shares,
        "zone": profile.current().zone,
    }
    return render(request, "patients/document.html", context, status=status)


def _chosen(patient: Patient, chosen: dict[str, Any]) -> DocumentQuerySet:
    found: DocumentQuerySet = Document.objects.of_patient(patient)
    if chosen.get("status") != "all":
        found = found.filter(status="current")
    if category := chosen.get("category"):
        found = found.filter(category=category)
    if tag := chosen.get("tag"):
        found = found.filter(tag_tokens__contains=[tag])
    return found


def _fetch(pk: UUID) -> Document:
    """With everything that its page shows."""
    rows = Document.objects.select_related("patient", "filed_by", "status_by").with_versions()
    return get_object_or_404(rows, pk=pk)
