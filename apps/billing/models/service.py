from decimal import Decimal

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core.fields import MoneyField
from apps.core.models import ClinicModel


class Service(ClinicModel):
    """Something this clinic charges for. Invoice lines copy it: a later change of price never reaches them."""

    class Category(models.TextChoices):
        CONSULTATION = "consultation", _("Consultation")
        SERVICE = "service", _("Service")
        TEST = "test", _("Test")
        MEDICINE = "medicine", _("Medicine")
        OPTICAL = "optical", _("Optical")
        PACKAGE = "package", _("Package")
        FEE = "fee", _("Fee")

    name = models.CharField(_("name"), max_length=120)
    category = models.CharField(_("category"), max_length=20, choices=Category.choices, default=Category.SERVICE)
    price = MoneyField(_("price"), help_text=_("For one, before tax."))
    tax_name = models.CharField(_("tax"), max_length=40, blank=True, help_text=_("As printed, for example GST."))
    tax_rate = models.DecimalField(_("tax rate"), max_digits=6, decimal_places=3, default=Decimal(0))
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ("category", "name")
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="one_service_of_a_name",
                violation_error_message=_("There is a service of this name already."),
            ),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="service_price_not_negative"),
            models.CheckConstraint(
                condition=models.Q(tax_rate__gte=0, tax_rate__lte=100), name="service_tax_rate_0_to_100"
            ),
        )

    def __str__(self) -> str:
        return self.name
