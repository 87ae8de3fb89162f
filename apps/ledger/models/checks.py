"""When the books were proved, and what was found. Rows are only ever added."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel


class BookCheckQuerySet(models.QuerySet["BookCheck"]):
    def newest_first(self) -> Self:
        """Each with ``wrong``: how many things all its checks found."""
        counted = self.annotate(wrong=Coalesce(Sum("results__found"), 0))
        return counted.order_by("-begun_at", "-id")  # which Django forgets where it groups

    def begun_since(self, moment: datetime) -> Self:
        return self.filter(begun_at__gte=moment)


class BookCheck(ClinicModel):
    """One examination of all books: by somebody who asked for it, or by the house at night."""

    append_only: ClassVar[bool] = True

    begun_at = models.DateTimeField(_("begun at"))
    ended_at = models.DateTimeField(_("ended at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("by")
    )

    objects = BookCheckQuerySet.as_manager()

    class Meta:
        verbose_name = _("check of the books")
        verbose_name_plural = _("checks of the books")
        ordering = ("-begun_at", "-id")
        indexes = (models.Index(fields=["-begun_at", "-id"], name="book_check_by_time"),)
        constraints = (
            models.CheckConstraint(condition=Q(ended_at__gte=F("begun_at")), name="book_check_ends_after_it_began"),
        )

    def __str__(self) -> str:
        return f"{self.begun_at:%Y-%m-%d %H:%M}"


class BookCheckResult(ClinicModel):
    """What one check examined and found: numbers of documents and amounts, never who they are about.

    ``found`` counts everything that is wrong, ``findings`` names the first of it.
    """

    append_only: ClassVar[bool] = True

    run = models.ForeignKey(BookCheck, models.PROTECT, related_name="results", db_index=False)
    place = models.PositiveSmallIntegerField()
    code = models.CharField(_("check"), max_length=40)
    examined = models.PositiveBigIntegerField(_("examined"))
    found = models.PositiveBigIntegerField(_("found"))
    milliseconds = models.PositiveIntegerField(_("took"))
    findings = models.JSONField(_("findings"), default=list)

    class Meta:
        verbose_name = _("result of a check")
        verbose_name_plural = _("results of checks")
        ordering = ("run", "place")
        constraints = (
            models.UniqueConstraint(fields=["run", "place"], name="one_result_at_a_place"),
            models.UniqueConstraint(fields=["run", "code"], name="one_result_of_a_check"),
            models.CheckConstraint(
                condition=Q(found=0, findings=[]) | Q(found__gt=0) & ~Q(findings=[]),
                name="book_check_names_what_it_found",
            ),
        )

    def __str__(self) -> str:
        return f"{self.code}: {self.found}"
