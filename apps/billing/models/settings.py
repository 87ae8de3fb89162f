"""What a clinic has chosen about its money: one row."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel


class BillingSettings(ClinicModel):
    """One row a clinic: see `apps.billing.paying.credit_rule`."""

    credit_by_itself = models.BooleanField(
        _("use a patient's credit by itself"),
        default=False,
        help_text=_("An invoice that is issued is paid from the patient's credit, the oldest first."),
    )
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("billing settings")
        verbose_name_plural = _("billing settings")
        constraints = (models.CheckConstraint(condition=Q(only=True), name="billing_settings_only_one"),)

    def __str__(self) -> str:
        return "billing"
