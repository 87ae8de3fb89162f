"""How the API's lists are filtered."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters import BooleanFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class Filters(DjangoFilterBackend):  # type: ignore[misc]  # django_filters comes without types
    """As it is; but who asks for `?is_owed=banana` hears so. The library would answer with the whole list."""

    def get_filterset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        filterset = super().get_filterset(request, queryset, view)
        for name, one in (filterset.filters if filterset else {}).items():
            said = request.query_params.get(name, "").lower()
            if isinstance(one, BooleanFilter) and said not in ("", "true", "false"):
                raise ValidationError({name: [_("Say true or false.")]})
        return filterset
