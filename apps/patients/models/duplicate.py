"""Pairs of records that may be one person: a work list, and the memory of who said that they are not."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.patients.models.patient import Patient


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    def to_review(self) -> "DuplicatePairQuerySet":
        """Nobody has judged them, and both records are in use."""
        return self.filter(dismissed_at=None, one__is_active=True, other__is_active=True)

    def dismissed(self) -> "DuplicatePairQuerySet":
        """Somebody said that they are two people."""
        return self.filter(dismissed_at__isnull=False, one__is_active=True, other__is_active=True)


class DuplicatePair(ClinicModel):
    """Two records that look like one person. Why they do is worked out when somebody looks: reasons name details."""

    one = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    other = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    points = models.SmallIntegerField(_("likeness"))
    found_at = models.DateTimeField(_("found"))
    dismissed_at = models.DateTimeField(_("not the same person since"), null=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = _("likely duplicate")
        verbose_name_plural = _("likely duplicates")
        constraints = (
            models.UniqueConstraint(fields=["one", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="duplicate_pair_in_order"),
            models.CheckConstraint(
                condition=models.Q(dismissed_at__isnull=True, dismissed_by__isnull=True)
                | models.Q(dismissed_at__isnull=False, dismissed_by__isnull=False),
                name="duplicate_pair_dismissed_by_somebody",
            ),
        )
        indexes = (models.Index(fields=["-points", "id"], name="duplicate_pairs_likeliest"),)


class DuplicateSearch(ClinicModel):
    """How far the register has been compared with itself. One row a clinic, locked by whoever compares."""

    is_only = models.BooleanField(default=True, unique=True, editable=False)
    # Everybody whose record changed before this moment has been compared.
    compared_until = models.DateTimeField(null=True)
    # A search through the whole register, and the last record that it has reached.
    began_at = models.DateTimeField(null=True)
    reached = models.UUIDField(null=True)
    compared = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(is_only=True), name="duplicate_search_once"),)
