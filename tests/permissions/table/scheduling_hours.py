"""Weekly hours, extra sessions, leave and closed days through the API; sites."""

from datetime import timedelta

from django.utils import timezone

from apps.clinic import places
from apps.clinic.providers import add_provider
from apps.scheduling.calendars import hours, time_off
from tests.permissions.roles import only
from tests.permissions.table.scheduling import API_READS

ROWS = {
    "GET api-weekly-hours": API_READS,
    "PUT api-weekly-hours": only(401, 400),
    "GET api-openings": API_READS,
    "POST api-openings": only(401, 400),
    "POST api-opening-withdrawal": only(401, 200),
    "GET api-time-off": API_READS,
    "POST api-time-off": only(401, 400),
    "POST api-time-off-withdrawal": only(401, 200),
    "POST api-closed-days": only(401, 400),
    "GET api-sites": API_READS,
    "POST api-sites": only(401, 400),
    "GET api-site": API_READS,
    "PATCH api-site": only(401, 200),
    "POST api-site-closing": only(401, 200),
    "DELETE api-site-closing": only(401, 200),
    "clinic:new_site": only(302, 200),
    "POST clinic:new_site": only(302, 400),
    "clinic:site": only(302, 200),
    "POST clinic:site": only(302, 400),
    "POST clinic:site_closing": only(302, 302),
    "POST clinic:site_reopening": only(302, 302),
}


def kwargs(name, cast):
    at = timezone.now()
    if name.startswith(("clinic:site", "api-site")):
        return {"pk": places.add_site(name="Lake branch", by=cast.ada, at=at).pk}
    provider = add_provider(name="Dr New", by=cast.ada, at=at)
    span = {"starts_at": at, "ends_at": at + timedelta(hours=2), "by": cast.ada, "at": at}
    if name == "api-opening-withdrawal":
        return {"pk": hours.open_one_off(provider, **span).pk}
    if name == "api-time-off-withdrawal":
        return {"pk": time_off.take_leave(provider, **span).pk}
    return {"pk": provider.pk}
