"""A request that carries an Idempotency-Key happens once, however often it arrives (ARCHITECTURE §4, Money)."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, TypeVar

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core import clock, encryption
from apps.core.models import IdempotencyRecord
from apps.core.refusals import Refusal

HEADER = "Idempotency-Key"
FIELD_ID = "core.idempotencyrecord.answer"
KEEP = timedelta(days=7)
LONGEST_KEY = 200

IN_WORDS = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description="Makes this happen once, however often it is sent: a repeat gets the first answer.",
)

Handler = TypeVar("Handler", bound=Callable[..., Response])


class BadKey(Refusal):
    """The Idempotency-Key cannot be used."""

    code = "bad_idempotency_key"
    field = HEADER
    message = _("An Idempotency-Key has 1 to 200 visible letters.")


class KeyReused(Refusal):
    """The same key came with another request."""

    code = "idempotency_key_reused"
    field = HEADER
    status = 422
    message = _("This Idempotency-Key has been used for another request.")


def idempotent(handler: Handler) -> Handler:
    """Decorates an API view's method: a repeat with the same key gets the first answer and changes nothing.

    The record is written in the request's own transaction. A twin that arrives meanwhile waits at the
    unique index until the first is committed, then gets its answer; if the first was refused, nothing
    is kept and the twin is judged afresh.
    """

    @extend_schema(parameters=[IN_WORDS])
    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(view, request, *args, **kwargs)
        if not 1 <= len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
            raise BadKey
        record, is_first = _claim(request, key)
        if not is_first:
            return _first_answer(record, request)
        response = handler(view, request, *args, **kwargs)
        if response.status_code < 300:
            _keep(record, response)
        else:
            record.delete()
        return response

    return once  # type: ignore[return-value]


def clean_up(*, at: datetime) -> int:
    """Forget the answers of last week; how many."""
    return IdempotencyRecord.objects.filter(created_at__lt=at - KEEP).delete()[0]


def _claim(request: Request, key: str) -> tuple[IdempotencyRecord, bool]:
    with transaction.atomic():
        return IdempotencyRecord.objects.get_or_create(
            key=key,
            user_id=str(request.user.pk),
            operation=f"{request.method} {request.path}"[:200],
            defaults={"request_hash": _hash(request), "created_at": clock.now()},
        )


def _first_answer(record: IdempotencyRecord, request: Request) -> Response:
    if bytes(record.request_hash) != _hash(request) or record.status is None or record.answer is None:
        raise KeyReused
    body = encryption.open_sealed(bytes(record.answer), field_id=FIELD_ID, row=record.pk)
    response = Response(json.loads(body) if body else None, status=record.status)
    response["Idempotent-Replayed"] = "true"
    return response


def _keep(record: IdempotencyRecord, response: Response) -> None:
    body = JSONRenderer().render(response.data) if response.data is not None else b""
    record.status = response.status_code
    record.answer = encryption.seal(body, field_id=FIELD_ID, row=record.pk)
    record.save(update_fields=["status", "answer"])


def _hash(request: Request) -> bytes:
    """Under the clinic's index key: what was sent may be one of a few hundred diagnoses, and anybody could try all."""
    said = json.dumps(request.data, sort_keys=True, default=_told).encode()
    return hmac.new(encryption.keyring().index_key(), b"hpms.idempotency|" + said, hashlib.sha256).digest()


def _told(value: Any) -> Any:
    """What JSON has no words for: a file is what is in it, not only what it is called."""
    if not isinstance(value, UploadedFile):
        return str(value)
    content = hashlib.sha256()
    for piece in value.chunks():
        content.update(piece)
    value.seek(0)
    return [value.name, content.hexdigest()]
