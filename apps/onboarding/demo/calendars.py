"""Two sites, a second one's evening, and leave that waits for an answer: what the set-up of the demo shows."""

from datetime import datetime, time, timedelta

from apps.accounts.models import User
from apps.clinic import places, profile
from apps.clinic.models import Provider
from apps.core.clock import at_wall_time, day_of, local_day
from apps.scheduling.calendars import hours, leave


def open_branch(by: User, at: datetime) -> None:
    """A branch at the lake, where the second provider sees patients for one evening next week; the first provider has
    asked for two days off."""
    zone = profile.current().zone
    today = day_of(at, zone)
    site = places.add_site(name="Lake branch", address="7 Shore Road", by=by, at=at)
    room = places.add_room(name="Lake room", site=site, by=by, at=at)
    team = list(Provider.objects.filter(is_active=True).exclude(user=None).select_related("user")[:2])
    evening = today + timedelta(days=7)
    for provider in team[1:]:
        hours.open_one_off(
            provider,
            starts_at=at_wall_time(evening, time(20), zone),
            ends_at=at_wall_time(evening, time(22), zone),
            room=room,
            reason="Evening at the lake",
            by=by,
            at=at,
        )
    for provider in team[:1]:
        assert provider.user is not None
        provider.user.act()
        start, end = local_day(today + timedelta(days=20), zone)[0], local_day(today + timedelta(days=21), zone)[1]
        leave.ask_for_leave(provider, starts_at=start, ends_at=end, reason="Family wedding", by=provider.user, at=at)
        by.act()
