"""Who pays for a patient besides themselves (FHIR Coverage)."""

from datetime import date
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.sealed import SealedCharField
from apps.patients.models.record import EntryQuerySet, Kind, RecordEntry


class Relationship(models.TextChoices):
    """Of the patient to whoever is insured (FHIR subscriber-relationship)."""

    SELF = "self", _("Self")
    SPOUSE = "spouse", _("Spouse")
    CHILD = "child", _("Child")
    PARENT = "parent", _("Parent")
    OTHER = "other", _("Other")


class CoverageOrder(models.IntegerChoices):
    PRIMARY = 1, _("Primary")
    SECONDARY = 2, _("Secondary")
    TERTIARY = 3, _("Tertiary")


class CoverageStatus(models.TextChoices):
    ACTIVE = "active", _("Active")
    CANCELLED = "cancelled", _("Ended")


class CoverageQuerySet(EntryQuerySet):
    def in_order(self) -> "CoverageQuerySet":
        return self.order_by("order", models.F("valid_until").desc(nulls_first=True), "-id")


class Coverage(RecordEntry):
    """A policy that covers the patient for a while. At any day there is one primary at most, one secondary …"""

    kind = Kind.COVERAGE
    CURRENT = (CoverageStatus.ACTIVE,)
    ENDED = CoverageStatus.CANCELLED
    DETAILS = (
        *("payer", "plan", "member_number", "relationship", "subscriber"),
        *("valid_from", "valid_until", "order", "status"),
    )
    SINCE, UNTIL = "valid_from", "valid_until"

    payer = SealedCharField(_("payer"), max_length=120, field_id="patients.coverage.payer")
    plan = SealedCharField(_("plan"), max_length=120, blank=True, field_id="patients.coverage.plan")
    member_number = SealedCharField(_("member number"), max_length=60, field_id="patients.coverage.member_number")
    relationship = models.CharField(_("the patient is"), max_length=6, choices=Relationship, default=Relationship.SELF)
    subscriber = SealedCharField(
        _("who is insured"),
        max_length=150,
        blank=True,
        help_text=_("Only if it is not the patient."),
        field_id="patients.coverage.subscriber",
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), choices=CoverageOrder, default=CoverageOrder.PRIMARY)
    status = models.CharField(_("status"), max_length=9, choices=CoverageStatus, default=CoverageStatus.ACTIVE)

    objects: ClassVar[Any] = CoverageQuerySet.as_manager()

    class Meta:
        verbose_name = _("coverage")
        verbose_name_plural = _("coverage")
        indexes = (models.Index(fields=["patient", "order"], name="coverage_of_patient"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(status__in=CoverageStatus.values), name="coverage_status"),
            models.CheckConstraint(condition=models.Q(order__in=CoverageOrder.values), name="coverage_order"),
            models.CheckConstraint(
                condition=models.Q(relationship__in=Relationship.values), name="coverage_relationship"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_until__isnull=True)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="coverage_period",
            ),
            ExclusionConstraint(
                name="coverage_one_at_a_time",
                expressions=[
                    ("patient", "="),
                    ("order", "="),
                    (
                        models.Func("valid_from", "valid_until", models.Value("[]"), function="daterange"),
                        "&&",
                    ),
                ],
                condition=models.Q(status="active", is_struck=False),
            ),
        )

    @property
    def words(self) -> str:
        return f"{self.payer} · {self.plan}" if self.plan else str(self.payer)

    def holds_on(self, day: date) -> bool:
        """Whether it covers the patient on this day, both ends included."""
        begun = self.valid_from is None or self.valid_from <= day
        return self.is_current and begun and (self.valid_until is None or day <= self.valid_until)

    def wrong(self, today: date) -> dict[str, str | Promise]:
        wrong = super().wrong(today)
        if self.relationship != Relationship.SELF and not self.subscriber:
            wrong["subscriber"] = _("Say who is insured.")
        return wrong
