"""What the schedule is filtered by. It stands in the address and nowhere else: a link shows others the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.db.models.functions import JSONObject
from django.http import QueryDict

from apps.clinic.models import Provider
from apps.core.prepared import prepared
from apps.scheduling.models import Channel, Resource
from apps.scheduling.sheets.drawing import SHOWN, Only

NAMES = ("provider", "department", "specialty", "room", "type", "status", "channel", "resource")


@dataclass(frozen=True)
class Filters:
    """`chosen`: the providers that remain. Types, statuses, channels, rooms and equipment do not take anything off a
    sheet, lest its time look free; see `drawing.Only`."""

    query: dict[str, Any]  # as in the address
    providers: Sequence[Provider]
    chosen: Sequence[Provider]
    only: Only

    @classmethod
    def of(cls, asked: QueryDict, providers: Sequence[Provider]) -> "Filters":
        given = {name: [value for value in asked.getlist(name) if value] for name in NAMES}
        query: dict[str, Any] = {name: values for name, values in given.items() if values}
        wanted = [one for one in providers if _is_wanted(one, query)]
        if asked.get("all"):
            query["all"] = "1"
        return cls(query, providers, wanted, Only.asked(asked))

    @property
    def count(self) -> int:
        """How many kinds of filter are on."""
        return sum(name in self.query for name in NAMES)

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """For forms that keep the filter."""
        return [(name, value) for name, values in self.query.items() for value in values]

    def groups(self, types: Mapping[UUID, str]) -> list[tuple[str, list[tuple[str, str, bool]]]]:
        """What can be chosen: name of the filter, then value, words and whether it is on. Only what would matter:
        `types` are those on the page."""
        found = [
            ("provider", [(str(one.pk), one.name) for one in self.providers]),
            ("department", _once((str(one.department_id), one.department) for one in self.providers)),
            ("specialty", _once((one.specialty, one.specialty) for one in self.providers)),
            ("room", _once((str(one.room_id), one.room) for one in self.providers)),
            ("type", _once((str(pk), name) for pk, name in types.items())),
            ("status", [(str(status.value), str(status.label)) for status in SHOWN]),
            ("channel", [(value, str(words)) for value, words in Channel.choices]),
            ("resource", _resources(self.providers, self.query.get("resource", ()))),
        ]
        return [
            (name, [(value, words, value in self.query.get(name, ())) for value, words in choices])
            for name, choices in found
            if len(choices) > (name != "resource")
        ]


def _is_wanted(provider: Provider, query: dict[str, Any]) -> bool:
    facts = {
        "provider": str(provider.pk),
        "department": str(provider.department_id),
        "specialty": provider.specialty,
        "room": str(provider.room_id),
    }
    return all(fact in query[name] for name, fact in facts.items() if name in query)


@prepared
def to_choose_from() -> QuerySet[Provider]:
    """Providers with department and room; each brings all rooms and equipment along, so that one statement does."""
    every = Resource.objects.values(found=JSONObject(pk="pk", name="name", is_active="is_active"))
    return (
        Provider.objects.filter(is_active=True)
        .select_related("department", "room")
        .annotate(bookable=ArraySubquery(every))
    )


def _resources(providers: Sequence[Provider], asked: Sequence[str]) -> list[tuple[str, str]]:
    """Rooms and equipment in use, and those that are asked for."""
    every = getattr(providers[0], "bookable", []) if providers else []
    return [(one["pk"], one["name"]) for one in every if one["is_active"] or one["pk"] in asked]


def _once(pairs: Any) -> list[tuple[str, str]]:
    """Each once, by their words; without those that have none."""
    return sorted({(value, str(words)) for value, words in pairs if words}, key=lambda pair: pair[1])
