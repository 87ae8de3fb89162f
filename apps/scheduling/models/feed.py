"""The secret addresses under which calendars elsewhere read a provider's appointments."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.clinic.models import Provider
from apps.core.models import ClinicModel


class CalendarFeed(ClinicModel):
    """One secret address. Only the hash of its key is kept; a provider has one that works at a time."""

    provider = models.ForeignKey(Provider, on_delete=models.PROTECT, related_name="calendar_feeds")
    key_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-opened_at", "-id")
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")
        constraints = (
            models.UniqueConstraint(
                fields=["provider"], name="one_feed_a_provider", condition=models.Q(revoked_at=None)
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None, revoked_by=None)
                | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="feed_revoked_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return str(self.provider_id)
