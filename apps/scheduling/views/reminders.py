"""Which reminders are sent, and who agreed to be reached how."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.access import StaffRequest, requires
from apps.core.clock import now
from apps.core.pages import way_back
from apps.core.refusals import Refusal
from apps.core.toasts import toast
from apps.patients.models import Patient
from apps.scheduling import reminders
from apps.scheduling.forms.reminders import NoticeForms, QuietForm, forms_of_now, notices_of
from apps.scheduling.models.reminder import ReminderChannel
from apps.scheduling.views.showing import signed_in


@require_http_methods(["GET", "HEAD", "POST"])
@requires("scheduling.edit_reminders")
def reminder_rules(request: StaffRequest) -> HttpResponse:
    """The list of reminders and the quiet hours, changed together."""
    if request.method != "POST":
        quiet, lines = forms_of_now()
        return _page(request, quiet, lines)
    quiet, lines = QuietForm(request.POST), NoticeForms(request.POST)
    if not (quiet.is_valid() & lines.is_valid()):
        return _page(request, quiet, lines, status=400)
    try:
        reminders.set_rules(notices_of(lines), **quiet.cleaned_data, by=request.user, at=now())
    except Refusal as refusal:
        quiet.add_error(None, str(refusal))
        return _page(request, quiet, lines, status=refusal.status)
    toast(request, _("The reminders are saved; coming appointments follow them."))
    return redirect("scheduling:reminder_rules")


@require_POST
@requires("scheduling.book_appointment")
def contact_wish(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whether a patient agrees to be reminded by a channel."""
    patient = get_object_or_404(Patient, pk=pk)
    channel = request.POST.get("channel", "")
    if channel not in ReminderChannel.values:
        return redirect("patients:patient", pk=pk)
    agreed = request.POST.get("agreed") == "1"
    reminders.note_wish(patient, channel=channel, agreed=agreed, by=signed_in(request), at=now())
    words = _("Reminders by %(channel)s: agreed.") if agreed else _("No more reminders by %(channel)s.")
    toast(request, words % {"channel": ReminderChannel(channel).label})
    return redirect(way_back(request, f"/patients/{pk}/"))


def _page(request: StaffRequest, quiet: QuietForm, lines: object, *, status: int = 200) -> HttpResponse:
    return render(request, "scheduling/reminder_rules.html", {"form": quiet, "lines": lines}, status=status)
