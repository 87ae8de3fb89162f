"""A request with an Idempotency-Key happens once, however often it arrives."""

import hashlib
import json
import threading
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from apps.accounts.models import User
from apps.core import idempotency
from apps.core.idempotency import idempotent
from apps.core.models import IdempotencyRecord
from apps.core.refusals import Conflict
from tests.cast import RIVERSIDE, people_of

taken: list[dict] = []


class Payments(APIView):
    """Takes money, slowly; refuses 13."""

    authentication_classes = ()
    permission_classes = ()

    @idempotent
    def post(self, request):
        if request.data.get("amount") == "13":
            raise Conflict("Thirteen is unlucky.")
        if request.data.get("amount") == "0":
            return Response({"detail": "nothing"}, status=400)
        time.sleep(request.data.get("slowly", 0))
        taken.append(request.data)
        return Response({"receipt": len(taken), "patient": "Asha Rao"}, status=201)


@pytest.fixture(autouse=True)
def _no_money_yet():
    taken.clear()


class Papers(Payments):
    parser_classes = (MultiPartParser,)


def bring(person, content):
    file = SimpleUploadedFile("scan.pdf", content)
    request = APIRequestFactory(headers={"idempotency-key": "k1"}).post("/papers/", {"file": file}, format="multipart")
    force_authenticate(request, person)
    return Papers.as_view()(request)


def pay(person, body, key="k1", path="/pay/"):
    headers = {} if key is None else {"idempotency-key": key}
    request = APIRequestFactory(headers=headers).post(path, body, format="json")
    force_authenticate(request, person)
    with transaction.atomic():
        response = Payments.as_view()(request)
        if response.status_code >= 400:
            transaction.set_rollback(True)  # as ATOMIC_REQUESTS does for what a view raises
    response.render()
    return response


def test_a_repeat_gets_the_first_answer_and_takes_no_money(riverside, cast):
    with riverside.inside(by=cast.sara):
        first, again = pay(cast.sara, {"amount": "20"}), pay(cast.sara, {"amount": "20"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert again["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first
    assert len(taken) == 1


def test_the_same_key_with_another_body_is_422(riverside, cast):
    with riverside.inside(by=cast.sara):
        pay(cast.sara, {"amount": "20"})
        answer = pay(cast.sara, {"amount": "21"})
    assert answer.status_code == 422
    assert answer.data["code"] == "idempotency_key_reused"
    assert len(taken) == 1


def test_keys_of_two_people_and_of_two_addresses_have_nothing_to_do_with_each_other(riverside, cast):
    with riverside.inside(by=cast.sara):
        pay(cast.sara, {"amount": "20"})
        pay(cast.bela, {"amount": "20"})
        pay(cast.sara, {"amount": "20"}, path="/refund/")
        pay(cast.sara, {"amount": "20"}, key=None)
        pay(cast.sara, {"amount": "20"}, key=None)
    assert len(taken) == 5


def test_a_refusal_is_not_kept(riverside, cast):
    with riverside.inside(by=cast.sara):
        for refused in ("13", "0"):
            assert pay(cast.sara, {"amount": refused}).status_code in {400, 409}
        assert pay(cast.sara, {"amount": "20"}).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "schlüssel", "a\tb"])
def test_a_key_that_cannot_be_used_is_400(riverside, cast, key):
    with riverside.inside(by=cast.sara):
        assert pay(cast.sara, {"amount": "20"}, key=key).status_code == 400
    assert taken == []


def test_the_kept_answer_is_sealed_and_forgotten_after_a_week(riverside, cast):
    with riverside.inside(by=cast.sara):
        pay(cast.sara, {"amount": "20"})
        assert b"Asha" not in bytes(IdempotencyRecord.objects.get().answer)
        assert idempotency.clean_up(at=timezone.now()) == 0
        assert idempotency.clean_up(at=timezone.now() + timedelta(days=8)) == 1


def test_ten_at_once_take_the_money_once(throw_away, riverside):
    with riverside.inside(actor="test"):
        sara = people_of("riverside", RIVERSIDE)["sara"]
    start, answers = threading.Barrier(10, timeout=20), []

    def knock():
        start.wait()
        try:
            with riverside.inside(by=User(pk=sara.pk, is_active=False)):
                answers.append(pay(sara, {"amount": "20", "slowly": 0.2}))
        finally:
            connection.close()

    callers = [threading.Thread(target=knock) for _ in range(10)]
    [caller.start() for caller in callers]
    [caller.join(30) for caller in callers]
    assert [answer.status_code for answer in answers] == [201] * 10
    assert len(taken) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 9


def test_what_was_sent_cannot_be_tried_out_by_whoever_has_a_dump(riverside, cast):
    body = {"substance": "Penicillin"}
    with riverside.inside(by=cast.sara):
        pay(cast.sara, body)
        kept = bytes(IdempotencyRecord.objects.get().request_hash)
        assert pay(cast.sara, body).status_code == 201, "recognised all the same"
    assert kept != hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def test_another_file_of_the_same_name_is_another_request(riverside, cast):
    with riverside.inside(by=cast.sara):
        first, again, other = (bring(cast.sara, content) for content in (b"one", b"one", b"two"))
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert len(taken) == 1 and taken[0]["file"].read() == b"one"
