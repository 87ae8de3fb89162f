"""Who acted, in words: staff by name, the house's own tasks, strangers, and whoever wrote past the house."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core import naming
from apps.core.naming import Name

PERSON = re.compile(r"user:([0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class Actor:
    """``kind`` is person, house, stranger or database."""

    words: str
    kind: str
    url: str = ""


def actors(marks: Iterable[str], *, reader: Any) -> dict[str, Actor]:
    """The actors behind the marks of the trail ("user:<id>", "task:<name> for <actor>", "db:<login>")."""
    marks = set(marks)
    ids = {UUID(match) for mark in marks for match in PERSON.findall(mark)}
    names = naming.names("user", ids, reader=reader)
    return {mark: _actor(mark, names) for mark in marks}


def _actor(mark: str, names: dict[UUID, Name]) -> Actor:
    kind, _colon, rest = mark.partition(":")
    if kind == "user":
        match = PERSON.fullmatch(mark)
        name = names.get(UUID(match[1])) if match else None
        return Actor(name.words if name else _("Somebody who is gone"), "person", name.url if name else "")
    if kind == "task":
        task, _for, person = rest.partition(" for ")
        words = task.replace("_", " ").replace(".", ": ")
        if person in {"", mark}:
            return Actor(words, "house")
        return Actor(_("%(task)s, for %(person)s") % {"task": words, "person": _actor(person, names).words}, "house")
    if kind == "db":
        return Actor(_("%(login)s, directly in the database") % {"login": rest}, "database")
    if mark == "anonymous":
        return Actor(_("Not signed in"), "stranger")
    return Actor(mark.replace("_", " ").capitalize(), "house")
