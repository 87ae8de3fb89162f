"""How the ledger's own things are called in what was found wrong, and where to read them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core import naming
from apps.core.naming import Name
from apps.ledger.models import Account, JournalEntry


def register() -> None:
    naming.register("entry", _entries)
    naming.register("account", _accounts)


def _entries(ids: set[UUID], reader: Any) -> Mapping[UUID, Name]:
    numbered = JournalEntry.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: Name(number, _page("ledger:entry", pk, reader)) for pk, number in numbered}


def _accounts(ids: set[UUID], reader: Any) -> Mapping[UUID, Name]:
    return {
        found.pk: Name(str(found), _page("ledger:account", found.pk, reader))
        for found in Account.objects.filter(pk__in=ids)
    }


def _page(name: str, pk: UUID, reader: Any) -> str:
    return reverse(name, args=[pk]) if reader.has_perm("ledger.view_journal") else ""
