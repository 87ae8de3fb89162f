"""This clinic: its profile, departments, rooms and the providers who see patients here."""

from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from apps.core.models import ClinicModel
from apps.core.money import Currency, currency_of


class Colour(models.TextChoices):
    """The palette that providers and appointment types are painted with; the style sheet knows the shades."""

    BLUE = "blue", _("Blue")
    AZURE = "azure", _("Azure")
    INDIGO = "indigo", _("Indigo")
    PURPLE = "purple", _("Purple")
    PINK = "pink", _("Pink")
    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    YELLOW = "yellow", _("Yellow")
    LIME = "lime", _("Lime")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    CYAN = "cyan", _("Cyan")


class ClinicProfile(ClinicModel):
    """What stands on the clinic's door and on its paper. There is exactly one: see `apps.clinic.profile`."""

    name = models.CharField(_("name"), max_length=120)
    address = models.TextField(_("address"), max_length=500, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    tax_id = models.CharField(_("tax number"), max_length=40, blank=True, help_text=_("Printed on invoices."))
    upi_address = models.CharField(
        _("UPI address"),
        max_length=100,
        blank=True,
        help_text=_("Invoices then carry a code that patients scan to pay."),
    )
    timezone = models.CharField(_("time zone"), max_length=64)
    currency = models.CharField(_("currency"), max_length=3)
    locale = models.CharField(_("language and region"), max_length=16)
    feeds_name_patients = models.BooleanField(
        _("patients are named in the calendars on providers' phones"), default=False
    )
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("clinic profile")
        verbose_name_plural = _("clinic profile")
        constraints = (models.CheckConstraint(condition=models.Q(only=True), name="clinic_profile_only_one"),)

    def __str__(self) -> str:
        return self.name

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def currency_info(self) -> Currency:
        return currency_of(self.currency)


class Department(ClinicModel):
    """A part of the clinic: General medicine, Physiotherapy, Laboratory."""

    name = models.CharField(_("name"), max_length=80)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    class Meta:
        ordering = ("position", "name")
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints = (models.UniqueConstraint(Lower("name"), name="department_name_once"),)

    def __str__(self) -> str:
        return self.name


class Site(ClinicModel):
    """A place where the clinic sees patients: the main building, a branch in another part of town."""

    name = models.CharField(_("name"), max_length=80)
    address = models.TextField(_("address"), max_length=500, blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = (models.UniqueConstraint(Lower("name"), name="site_name_once"),)

    def __str__(self) -> str:
        return self.name


class Room(ClinicModel):
    """Where patients are seen."""

    name = models.CharField(_("name"), max_length=80)
    department = models.ForeignKey(
        Department, verbose_name=_("department"), on_delete=models.PROTECT, null=True, blank=True, related_name="rooms"
    )
    site = models.ForeignKey(
        Site, verbose_name=_("site"), on_delete=models.PROTECT, null=True, blank=True, related_name="rooms"
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("name",)
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = (models.UniqueConstraint(Lower("name"), name="room_name_once"),)

    def __str__(self) -> str:
        return self.name


class Provider(ClinicModel):
    """A person (FHIR: practitioner) whose time patients book. May sign in, or be known by name only."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("signs in as"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="provider",
    )
    name = models.CharField(_("name"), max_length=120, help_text=_("As patients know them: Dr Anita Rao."))
    specialty = models.CharField(_("specialty"), max_length=120, blank=True)
    qualification = models.CharField(_("qualification"), max_length=120, blank=True)
    licence_number = models.CharField(_("licence number"), max_length=60, blank=True)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="providers",
    )
    room = models.ForeignKey(
        Room, verbose_name=_("room"), on_delete=models.PROTECT, null=True, blank=True, related_name="providers"
    )
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, default=Colour.BLUE)
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Small numbers stand first on the day sheet.")
    )

    class Meta:
        ordering = ("position", "name", "id")
        verbose_name = _("provider")
        verbose_name_plural = _("providers")

    def __str__(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        words = [word for word in self.name.replace(".", " ").split() if word[0].isalpha()]
        words = [word for word in words if word.lower() not in {"dr", "prof", "mr", "mrs", "ms"}] or words or ["?"]
        return (words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]).upper()
