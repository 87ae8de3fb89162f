"""The API of a clinic, /api/v1/: every department's part, and the description of all of it."""

import threading
from functools import cache
from typing import Any

from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from apps.accounts.api_access import Anybody
from apps.core.routing import department

PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "The path of the field, e.g. lines.0.unit_price."},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}


def describe_problems(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Every operation may also answer with a problem (drf-spectacular's POSTPROCESSING_HOOKS)."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "Refused: what is wrong, or what is in the way.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in result.get("paths", {}).values():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].setdefault("default", answer)
    return result


class WrittenOnce(SchemaGenerator):
    """Seconds of work, the same for every clinic and caller: done once a process, not once a stranger."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        with _writing:
            return _description()


_writing = threading.Lock()


@cache
def _description() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


class Description(SpectacularAPIView):
    """The API's description, as JSON. It names no patient, so everybody may read it."""

    generator_class = WrittenOnce
    renderer_classes = [OpenApiJsonRenderer, OpenApiJsonRenderer2]
    authentication_classes: list[Any] = []
    permission_classes = [Anybody]


class Documentation(SpectacularSwaggerSplitView):
    """The description as a page to read and try out; its script is a file of its own (CSP)."""

    authentication_classes: list[Any] = []
    permission_classes = [Anybody]
    template_name = "api/docs.html"  # drf-spectacular's own has an inline style
    url_name = "api-schema"
    url_name_template = "api-schema"


urlpatterns = [
    path("schema/", Description.as_view(), name="api-schema"),
    path("docs/", Documentation.as_view(), name="api-docs"),
    department("apps.accounts.api"),
    department("apps.clinic.api"),
    department("apps.patients.api"),
    department("apps.scheduling.api"),
    department("apps.billing.api"),
    department("apps.ledger.api"),
    department("apps.audit.api"),
    department("apps.reports.api"),
]
