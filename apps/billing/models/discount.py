"""What was let off and why, and how much each role may let off."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Role
from apps.core.models import ClinicModel
from apps.core.sealed import SealedTextField


class Discount(ClinicModel):
    """The fact that something was let off: how much, why, by whom. Lines that have a part of it name it.

    The database refuses a line with a discount that names none (migrations/sql/discounts.sql), so that no discount
    is without its reason. A discount that another took the place of stays here as it was given.
    """

    append_only = True

    class Kind(models.TextChoices):
        LINE = "line", _("On one line")
        WHOLE = "whole", _("On the whole invoice")
        RULE = "rule", _("By the clinic's rule")

    invoice = models.ForeignKey("billing.Invoice", models.PROTECT, related_name="discounts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=3, null=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=3, null=True)
    reason = SealedTextField(_("reason"), max_length=300, field_id="billing.discount.reason")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering = ("at", "id")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=["line", "whole", "rule"]), name="discount_kind"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True, amount__gte=0)
                | Q(amount__isnull=True, percent__gte=0, percent__lte=100),
                name="discount_percent_or_amount",
            ),
        )

    def __str__(self) -> str:
        return str(self.amount if self.percent is None else self.percent)


class DiscountLimit(ClinicModel):
    """The most that a role may let off, in percent of what is charged. No row is no limit."""

    role = models.OneToOneField(Role, models.CASCADE, related_name="discount_limit", verbose_name=_("role"))
    percent = models.DecimalField(_("at most %"), max_digits=6, decimal_places=3)

    class Meta:
        verbose_name = _("discount limit")
        verbose_name_plural = _("discount limits")
        ordering = ("role__position", "role__name")
        constraints = (
            models.CheckConstraint(condition=Q(percent__gte=0, percent__lte=100), name="discount_limit_0_to_100"),
        )

    def __str__(self) -> str:
        return str(self.percent)
