"""Secret addresses of calendars."""

from django.utils import timezone

from apps.clinic.providers import add_provider
from apps.scheduling.calendars import feeds
from tests.permissions.roles import only

ROWS = {
    # No key: not found, whoever asks.
    "scheduling:feed": {"*": 404, "anonymous": 404},
    "scheduling:my_calendar": only(302, 404, "provider") | {"provider": 200, "clinic_admin": 404},
    "POST scheduling:my_calendar": only(302, 404, "provider") | {"provider": 200, "clinic_admin": 404},
    "scheduling:provider_calendar": only(302, 200),
    "POST scheduling:provider_calendar": only(302, 200),
    "POST scheduling:calendar_revocation": only(302, 302, "provider"),
    "POST api-calendar-feeds": only(401, 201, "provider"),
    "DELETE api-calendar-feeds": only(401, 204, "provider"),
}


def prepare(name, cast):
    """Dr Shah sees patients here: only a provider has a calendar of their own."""
    if name == "scheduling:my_calendar":
        add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=timezone.now())


def kwargs(name, cast):
    at = timezone.now()
    provider = add_provider(name="Dr Ravi Shah", user=cast.shah, by=cast.ada, at=at)
    feed, _key = feeds.open_feed(provider, by=cast.ada, at=at)
    return {"pk": feed.pk if name.endswith("revocation") else provider.pk}
