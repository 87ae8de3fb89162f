"""How the API says no: RFC 9457 problem details, the same shape for every refusal."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelRefusal
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from apps.core.refusals import Refusal

MEDIA_TYPE = "application/problem+json"
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")  # a NUL byte, half a character: no database keeps them


def problem(status: int, detail: str = "", *, code: str = "", errors: Any = None, **more: Any) -> dict[str, Any]:
    """The body of a refusal. `errors` names each wrong field by its path."""
    body: dict[str, Any] = {
        "type": f"urn:hpms:problem:{code}" if code else "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
    }
    if detail:
        body["detail"] = detail
    if code:
        body["code"] = code
    if errors:
        body["errors"] = errors
    return {**more, **body}


def problem_response(status: int, detail: str = "", *, code: str = "", **more: Any) -> Response:
    """A refusal that a view returns instead of raising, so that what it has written stays written."""
    return Response(problem(status, detail, code=code, **more), status=status, content_type=MEDIA_TYPE)


def plain_problem(request: HttpRequest, status: int, detail: str = "", *, code: str = "") -> HttpResponse:
    """A refusal below /api/ that Django REST framework never saw: an unknown address, a clinic that is closed."""
    return JsonResponse(problem(status, detail, code=code), status=status, content_type=MEDIA_TYPE)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """REST_FRAMEWORK["EXCEPTION_HANDLER"]: whatever a view raises, as a problem. Unknown errors stay errors."""
    from rest_framework.views import set_rollback  # its views ask for StrictJson, below, as they are loaded

    answer = _answer_to(error)
    if answer is not None:
        set_rollback()
    return answer


def _answer_to(error: Exception) -> Response | None:
    if isinstance(error, Refusal):
        errors = [{"field": error.field, "message": str(error)}] if error.field else None
        return problem_response(error.status, str(error), code=error.code, errors=errors, **error.details)
    if isinstance(error, exceptions.ValidationError):
        return problem_response(400, _("The request is not valid."), code="invalid", errors=list(_paths(error.detail)))
    if isinstance(error, ModelRefusal):
        errors = [{"field": field, "message": text} for field, texts in _by_field(error) for text in texts]
        return problem_response(400, _("The request is not valid."), code="invalid", errors=errors)
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return problem_response(404, _("There is nothing here."), code="not_found")
    if isinstance(error, PermissionDenied):
        return problem_response(403, _("You may not do this."), code="permission_denied")
    if isinstance(error, RequestDataTooBig):
        return problem_response(413, _("The request is too large."), code="too_large")
    if isinstance(error, exceptions.APIException):
        response = problem_response(error.status_code, str(error.detail), code=str(error.get_codes()))
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
        if wait := getattr(error, "wait", None):
            response["Retry-After"] = str(int(wait) + 1)
        return response
    return None


def _paths(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """Each message with the path of its field: {"field": "lines.0.unit_price", …}."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _paths(inner, ".".join(filter(None, [path, own])))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _paths(inner, ".".join(filter(None, [path, str(index)])) if nested else path)
    else:
        yield {"field": path, "message": str(detail), "code": getattr(detail, "code", "invalid")}


def _by_field(error: ModelRefusal) -> Iterator[tuple[str, list[str]]]:
    if hasattr(error, "error_dict"):
        yield from error.message_dict.items()
    else:
        yield "", error.messages


class StrictJson(JSONParser):
    """JSON of sane depth and of text that can be kept: anything else is a bad request, not a failure."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            body = super().parse(stream, media_type, parser_context)
            unkeepable = list(_unkeepable(body))
        except RecursionError as problem_:
            raise exceptions.ParseError(_("The request is nested too deeply.")) from problem_
        if unkeepable:
            words = [_("This holds characters that cannot be kept.")]
            raise exceptions.ValidationError({path or "non_field_errors": words for path in unkeepable})
        return body


def _unkeepable(value: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The path of each such text; where a name is one, that of the thing it is in."""
    if isinstance(value, str):
        if UNKEEPABLE.search(value):
            yield ".".join(path)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if UNKEEPABLE.search(name):
                yield ".".join(path)
            else:
                yield from _unkeepable(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unkeepable(inner, (*path, str(index)))
