"""How this clinic receives its patients: what the desk asks, what a token shows, which screens hang where."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Department
from apps.core.models import ClinicModel


class TokenShows(models.TextChoices):
    """What a printed token says of the patient."""

    NOTHING = "nothing", _("Nothing")
    INITIALS = "initials", _("Initials")
    GIVEN_NAME = "given_name", _("Given name")


class ArrivalSettings(ClinicModel):
    """One row a clinic: see `apps.scheduling.arrival.reception`."""

    ask_again_after = models.PositiveSmallIntegerField(
        _("ask for contact details again after"), default=6, help_text=_("Months; 0 asks at every visit.")
    )
    token_shows = models.CharField(
        _("a printed token shows of the patient"), max_length=10, choices=TokenShows, default=TokenShows.NOTHING
    )
    offers_stand_for = models.PositiveSmallIntegerField(
        _("a time that is offered from the waitlist is kept for"),
        default=120,
        help_text=_("Minutes, from 5 to 10080 (a week); never past the time itself."),
    )
    only = models.BooleanField(default=True, unique=True, editable=False)

    class Meta:
        verbose_name = _("reception")
        verbose_name_plural = _("reception")
        constraints = (
            models.CheckConstraint(condition=models.Q(only=True), name="arrival_settings_only_one"),
            models.CheckConstraint(condition=models.Q(ask_again_after__lte=120), name="arrival_ask_again_after"),
            models.CheckConstraint(condition=models.Q(token_shows__in=TokenShows.values), name="arrival_token_shows"),
            models.CheckConstraint(
                condition=models.Q(offers_stand_for__range=(5, 7 * 24 * 60)), name="arrival_offers_stand_for"
            ),
        )

    def __str__(self) -> str:
        return "reception"


class Appearance(models.TextChoices):
    DARK = "dark", _("Dark")
    LIGHT = "light", _("Light")


class WaitingScreen(ClinicModel):
    """A public screen in a waiting room. Whoever knows its secret address sees tokens, and nothing else.

    Only a hash of the secret is kept: the address is shown once, when the screen is hung up.
    """

    name = models.CharField(_("name"), max_length=80, help_text=_("Where it hangs: Ground floor."))
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: tokens of the whole clinic."),
    )
    appearance = models.CharField(_("appearance"), max_length=5, choices=Appearance, default=Appearance.DARK)
    chimes = models.BooleanField(_("a sound at each call"), default=False)
    hung_at = models.DateTimeField(editable=False)
    hung_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+")
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("waiting room screen")
        verbose_name_plural = _("waiting room screens")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="waiting_screen_revoked_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(appearance__in=Appearance.values), name="waiting_screen_appearance"
            ),
        )

    def __str__(self) -> str:
        return self.name
