"""The books, to look at. Nothing here can be changed: the database would refuse it anyway."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from apps.accounts.admin_sites import LookOnly
from apps.ledger.models import Account, JournalEntry, JournalLine

if TYPE_CHECKING:
    LinesInline = admin.TabularInline[JournalLine, JournalEntry]
else:
    LinesInline = admin.TabularInline  # takes no type arguments when Django runs


@admin.register(Account)
class AccountAdmin(LookOnly):
    """The chart; accounts are renamed on their own page."""

    list_display = ("code", "name", "kind", "role")
    list_filter = ("kind",)
    fields = ("code", "name", "kind", "role")


class Lines(LinesInline):
    """The lines of an entry."""

    model = JournalLine
    fields = readonly_fields = ("account", "debit", "credit", "subject", "document")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(JournalEntry)
class JournalEntryAdmin(LookOnly):
    """Every event of the books."""

    list_display = ("number", "effective_on", "description", "source", "by", "recorded_at")
    list_select_related = ("by",)
    list_filter = ("source",)
    search_fields = ("number__iexact",)
    show_full_result_count = False
    fields = ("number", "effective_on", "recorded_at", "description", "source", "source_id", "by", "reverses")
    inlines = (Lines,)
