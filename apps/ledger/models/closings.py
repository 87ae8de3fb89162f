"""Up to which day the books are closed, what they said when they were closed, and who re-opened them. Rows stay."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.fields import MoneyField
from apps.core.models import ClinicModel, ClinicRow
from apps.core.sealed import SealedTextField


class ReopeningRequest(ClinicModel):
    """Somebody asks for closed days to be opened again; another clinic admin approves it (a BookClosing) or not."""

    append_only: ClassVar[bool] = True

    reopen_from = models.DateField(_("open again from"))
    reason = SealedTextField(_("reason"), field_id="ledger.reopeningrequest.reason")
    at = models.DateTimeField(_("asked at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked by"))

    class Meta:
        verbose_name = _("request to re-open the books")
        verbose_name_plural = _("requests to re-open the books")
        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.reopen_from}"


class ReopeningRefusal(ClinicModel):
    """A request to re-open the books that was refused, or taken back by whoever asked."""

    append_only: ClassVar[bool] = True

    request = models.OneToOneField(ReopeningRequest, models.PROTECT, related_name="refusal")
    reason = SealedTextField(_("reason"), field_id="ledger.reopeningrefusal.reason")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("refused request")
        verbose_name_plural = _("refused requests")

    def __str__(self) -> str:
        return f"{self.request_id}"


class BookClosing(ClinicModel):
    """The books were closed up to a day, or opened again from one. The row with the highest place says what holds."""

    append_only: ClassVar[bool] = True

    class Kind(models.TextChoices):
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Re-opened")

    place = models.PositiveIntegerField(unique=True, editable=False, help_text="Given by the database, without gaps.")
    kind = models.CharField(max_length=8, choices=Kind)
    closed_until = models.DateField(_("closed up to"), help_text=_("With this day."))
    request = models.OneToOneField(ReopeningRequest, models.PROTECT, null=True, related_name="approval")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("closing of the books")
        verbose_name_plural = _("closings of the books")
        ordering = ("-place",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="closed", request__isnull=True) | Q(kind="reopened", request__isnull=False),
                name="books_reopen_by_request_only",
            ),
        )

    def __str__(self) -> str:
        return f"{self.closed_until}"


class ClosedDay(ClinicRow):
    """What the books said of a day when it was closed: its entries, their debits, and a digest of everything in them.

    Written by the database with the closing. `check_books` compares it with what they say now.
    """

    append_only: ClassVar[bool] = True

    id = models.BigAutoField(primary_key=True)
    closing = models.ForeignKey(BookClosing, models.PROTECT, related_name="days")
    day = models.DateField()
    entries = models.PositiveBigIntegerField()
    debits = MoneyField()
    digest = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")
        ordering = ("closing", "day")
        constraints = (models.UniqueConstraint(fields=["closing", "day"], name="one_seal_of_a_day"),)

    def __str__(self) -> str:
        return f"{self.day}"
