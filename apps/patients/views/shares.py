"""Links for people outside: made and taken back by staff, used by whoever has one."""

from contextlib import suppress
from uuid import UUID

from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import open_to_all, requires
from apps.audit.reads import record_read
from apps.clinic import profile
from apps.core.clock import now
from apps.core.forms import beside
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.documents import kinds, sharing
from apps.patients.forms.documents import LinkForm, ShareForm
from apps.patients.models import Document, DocumentShare
from apps.patients.views.files import answer_with
from apps.patients.views.shared import signed_in_as
from apps.tenants.middleware import client_ip

LIMIT = "shared_document"


@require_http_methods(["GET", "HEAD", "POST"])
@requires("patients.share_document")
def share(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make a link to the newest version. Link and PIN are shown once, on the answer itself."""
    document = get_object_or_404(Document.objects.select_related("patient").with_versions(), pk=pk)
    record_read(document.patient_id, f"document:{document.pk}")
    form = ShareForm(request.POST or None)
    context = {"document": document, "form": form, "zone": profile.current().zone}
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                given = sharing.share(document.newest, by=signed_in_as(request), at=now(), **form.cleaned_data)
            except Refusal as refusal:
                status = beside(form, refusal)
            else:
                context |= {"given": given, "link": link_of(request, given.token)}
                return render(request, "patients/share_made.html", context)
    return render(request, "patients/share.html", context, status=status)


@require_POST
@requires("patients.share_document")
def revocation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a link back."""
    found = get_object_or_404(DocumentShare.objects.select_related("version"), pk=pk)
    with suppress(sharing.RevokedAlready):  # a second click
        sharing.revoke(found, by=signed_in_as(request), at=now())
    toast(request, _("The link no longer works."))
    return redirect("patients:document", found.version.document_id)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def shared(request: HttpRequest) -> HttpResponse:
    """Where a link leads. The page is the same for everybody until token and PIN have come by POST."""
    form = LinkForm(request.POST or None)
    if request.method != "POST":
        return _asking(request, form)
    if not ratelimit.consume(request, action=LIMIT):
        return _asking(request, form, _("Too many tries. Wait a few minutes."), status=429)
    if not form.is_valid():
        return _asking(request, form, str(sharing.LinkOver.message), status=404)
    try:
        found = sharing.look(_token(form), form.cleaned_data["pin"], ip=client_ip(request), at=now())
    except sharing.LinkOver as refusal:
        return _asking(request, form, str(refusal), status=refusal.status)
    context = {
        "share": found,
        "version": found.version,
        "document": found.version.document,
        "kind": kinds.KINDS[found.version.media_type],
        "left": found.most_downloads - found.downloads,
        "form": form,
        "zone": profile.current().zone,
    }
    return render(request, "patients/shared_document.html", context)


@require_POST
@open_to_all
def shared_file(request: HttpRequest) -> HttpResponseBase:
    """The file behind a link, counted."""
    form = LinkForm(request.POST)
    if not ratelimit.consume(request, action=LIMIT):
        return _asking(request, form, _("Too many tries. Wait a few minutes."), status=429)
    if not form.is_valid():
        return _asking(request, form, str(sharing.LinkOver.message), status=404)
    try:
        found, file = sharing.fetch(_token(form), form.cleaned_data["pin"], ip=client_ip(request), at=now())
    except Refusal as refusal:
        return _asking(request, form, str(refusal), status=refusal.status)
    return answer_with(found.version, file, as_attachment=True)


def link_of(request: HttpRequest, token: str) -> str:
    """The address to hand on. What stands behind the # never reaches a server by itself, so no log holds it."""
    return f"{request.build_absolute_uri(reverse('patients:shared'))}#{token}"


def _token(form: LinkForm) -> str:
    """People paste the whole address as well."""
    return str(form.cleaned_data["code"]).rpartition("#")[2].strip()


def _asking(request: HttpRequest, form: LinkForm, refused: str = "", *, status: int = 200) -> HttpResponse:
    answer = render(request, "patients/shared.html", {"form": form, "refused": refused}, status=status)
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
