"""Tills at the desk, and who answers for the money in them (the cashier's day)."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core.fields import MoneyField
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class Drawer(ClinicModel):
    """A till at a desk. A clinic without any takes cash as it always did; from the first on, cash goes into one."""

    name = models.CharField(_("name"), max_length=60)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("drawer")
        verbose_name_plural = _("drawers")
        ordering = ("name",)
        constraints = (models.UniqueConstraint(Lower("name"), name="one_drawer_of_a_name"),)

    def __str__(self) -> str:
        return self.name


class DrawerSession(ClinicModel):
    """The time in which one person answers for one drawer: opened with a float, counted blindly, locked for ever.

    What is counted stays, also when it is counted again, and a locked session never changes at all: later payments
    fall into the next one.
    ``handed_to`` is who is to go on with the drawer; their session ``follows`` this one with what was counted.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        COUNTED = "counted", _("Counted")
        LOCKED = "locked", _("Locked")

    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    drawer = models.ForeignKey(Drawer, models.PROTECT, related_name="sessions", verbose_name=_("drawer"))
    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("cashier"))
    follows = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="followed_by")
    currency = models.CharField(_("currency"), max_length=3)
    opened_on = models.DateField(_("opened on"))
    opened_at = models.DateTimeField()
    opening_float = MoneyField(_("opening float"))
    opening_pieces = models.JSONField(help_text="Notes and coins: how many of each, and the loose rest.")
    counted_at = models.DateTimeField(null=True, blank=True)
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    handed_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    locked_at = models.DateTimeField(null=True, blank=True)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    status = models.GeneratedField(
        expression=Case(
            When(locked_at__isnull=False, then=Value("locked")),
            When(counted_at__isnull=False, then=Value("counted")),
            default=Value("open"),
            output_field=models.CharField(max_length=10),
        ),
        output_field=models.CharField(_("status"), max_length=10, choices=Status.choices),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("drawer session")
        verbose_name_plural = _("drawer sessions")
        ordering = ("-opened_at", "-id")
        indexes = (models.Index(fields=["-opened_at", "-id"], name="drawer_session_by_time"),)
        constraints = (
            models.UniqueConstraint(fields=["drawer"], condition=Q(locked_at=None), name="one_open_session_a_drawer"),
            models.UniqueConstraint(fields=["cashier"], condition=Q(locked_at=None), name="one_open_session_a_person"),
            models.CheckConstraint(condition=Q(opening_float__gte=0), name="drawer_float_not_negative"),
            models.CheckConstraint(
                condition=Q(counted_at=None, counted_by=None) | Q(counted_at__isnull=False, counted_by__isnull=False),
                name="drawer_counted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(locked_at=None, locked_by=None)
                | Q(locked_at__isnull=False, locked_by__isnull=False, counted_at__isnull=False),
                name="drawer_locked_when_counted",
            ),
            models.CheckConstraint(
                condition=Q(handed_to=None) | Q(counted_at__isnull=False) & ~Q(handed_to=F("cashier")),
                name="drawer_handed_over_when_counted",
            ),
        )

    def __str__(self) -> str:
        return self.number

    def last_counts(self) -> "models.QuerySet[DrawerCount]":
        """What stands: of each method what was counted last."""
        return self.counts.filter(stands=True).order_by("method")


class DrawerMovement(ClinicModel):
    """Cash put into an open drawer or taken out of it that is no patient's payment. Rows are only ever added."""

    append_only = True

    class Kind(models.TextChoices):
        FROM_SAFE = "from_safe", _("Put in from the safe")
        FROM_BANK = "from_bank", _("Put in from the bank")
        TO_SAFE = "to_safe", _("Put into the safe")
        TO_BANK = "to_bank", _("Paid into the bank")
        EXPENSE = "expense", _("Paid for something small")

    IN = (Kind.FROM_SAFE, Kind.FROM_BANK)

    session = models.ForeignKey(DrawerSession, models.PROTECT, related_name="movements")
    kind = models.CharField(_("what for"), max_length=10, choices=Kind.choices)
    amount = MoneyField(_("amount"))
    reason = SealedTextField(_("reason"), field_id="billing.drawermovement.reason")
    source_reference = models.CharField(max_length=80, blank=True, default="", editable=False)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    into = models.GeneratedField(
        expression=Case(
            When(kind__in=["from_safe", "from_bank"], then=F("amount")),
            default=-F("amount"),
            output_field=MoneyField(),
        ),
        output_field=MoneyField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("movement of a drawer")
        verbose_name_plural = _("movements of drawers")
        ordering = ("at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="drawer_movement_is_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=["from_safe", "from_bank", "to_safe", "to_bank", "expense"]),
                name="drawer_movement_kind",
            ),
            models.UniqueConstraint(
                fields=["source_reference"], name="one_movement_of_a_source", condition=~Q(source_reference="")
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class DrawerCount(ClinicModel):
    """What was counted at the end of a session by one method, and what it should have been: the database says that.

    Only the reason of a variance is written afterwards, until the session is locked. When it is counted again, the
    last ``turn`` stands. Who counted first, and when, says the session.
    """

    session = models.ForeignKey(DrawerSession, models.PROTECT, related_name="counts")
    turn = models.SmallIntegerField(default=1, editable=False)
    stands = models.BooleanField(default=True, editable=False)
    method = models.CharField(_("method"), max_length=20)
    counted = MoneyField(_("counted"))
    pieces = models.JSONField(default=dict, help_text="Of cash: how many notes and coins of each, and the loose rest.")
    expected = MoneyField(_("expected"), default=Decimal(0), editable=False)
    variance = models.GeneratedField(
        expression=F("counted") - F("expected"), output_field=MoneyField(_("variance")), db_persist=True
    )
    reason = SealedTextField(_("reason"), field_id="billing.drawercount.reason", blank=True)
    at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("count of a drawer")
        verbose_name_plural = _("counts of drawers")
        constraints = (
            models.UniqueConstraint(fields=["session", "method"], condition=Q(stands=True), name="one_count_a_method"),
            models.CheckConstraint(
                condition=Q(turn=1, at=None, by=None) | Q(turn__gt=1, at__isnull=False, by__isnull=False),
                name="drawer_recounted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(method__in=["cash", "card", "upi", "cheque"]), name="drawer_counts_what_lies_in_it"
            ),
            models.CheckConstraint(condition=Q(counted__gte=0), name="drawer_count_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.method} {self.counted}"
