"""What was given up is not lost, and not kept for ever: it is tried again, dismissed, or goes by its age."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from apps.accounts.models import User
from apps.console import pulse
from apps.console.models import Pulse
from apps.outbox import delivery, email, tasks
from apps.outbox.models import Message
from apps.outbox.outbox import put
from tests.beat import done_at_once, suspend
from tests.outbox.post_office import post_office

NOW = timezone.now()


def give_up(message: Message, *, at: Any = NOW) -> Message:
    """As many failures later."""
    message.attempts, message.given_up_at, message.last_error = delivery.MOST_ATTEMPTS, at, "SMTPRecipientsRefused"
    message.save(update_fields=["attempts", "given_up_at", "last_error"])
    return message


def letter(person: User) -> Message:
    return email.send(
        "password_reset", to=person.email, context={"user": person, "url": "http://riverside.localhost/x"}
    )


def retry(*words: str) -> str:
    out = io.StringIO()
    call_command("retry_outbox", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def refused(riverside: Any, lakeside: Any, cast: Any) -> dict[str, Message]:
    """Two letters and a pigeon of Riverside, and Lena's letter of Lakeside, are given up."""
    with riverside.inside():
        Message.objects.all().delete()
        given_up = {
            "sara": give_up(letter(cast.sara)),
            "shah": give_up(letter(cast.shah)),
            "pigeon": give_up(put("carrier_pigeon", {"to": "Sara"})),
        }
    with lakeside.inside():
        Message.objects.all().delete()
        given_up["lena"] = give_up(letter(cast.lena))
    return given_up


def test_what_was_given_up_goes_after_its_time_and_takes_its_words_along(riverside: Any, cast: Any) -> None:
    with riverside.inside():
        message = give_up(letter(cast.sara))
        delivery.clean_up(at=NOW + delivery.KEPT)
        assert Message.objects.filter(pk=message.pk).exists()
        delivery.clean_up(at=NOW + delivery.KEPT + timedelta(seconds=1))
        assert not Message.objects.filter(pk=message.pk).exists()


def test_a_suspended_clinic_is_tidied_and_sends_nothing(
    riverside: Any, lakeside: Any, platform: Any, refused: dict[str, Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago = NOW - delivery.KEPT - timedelta(hours=1)
    for clinic in (riverside, lakeside):
        with clinic.inside():
            Message.objects.update(given_up_at=long_ago)
    suspend("riverside", platform)
    swept = done_at_once(tasks.sweep, monkeypatch)
    tidied = done_at_once(tasks.tidy, monkeypatch)
    assert tasks.sweep_every_clinic() == 2
    assert tasks.tidy_every_clinic() == 3
    for clinic in (riverside, lakeside):
        with clinic.inside():
            assert not Message.objects.given_up().exists()
    assert sorted(swept) == sorted(["public", lakeside.schema])
    assert sorted(tidied) == sorted(["public", lakeside.schema, riverside.schema])


def test_given_up_letters_are_delivered_after_all(
    riverside: Any, lakeside: Any, refused: dict[str, Message], settings: Any
) -> None:
    told = retry("--clinic", "riverside", "--kind", "email")
    assert told == "riverside: 2 to be tried again.\n"
    with riverside.inside():
        waiting = list(Message.objects.waiting())
        assert {message.pk for message in waiting} == {refused["sara"].pk, refused["shah"].pk}
        assert {(message.attempts, message.given_up_at) for message in waiting} == {(0, None)}
        assert [message.kind for message in Message.objects.given_up()] == ["carrier_pigeon"]
    with lakeside.inside():
        assert [message.pk for message in Message.objects.given_up()] == [refused["lena"].pk]
    with post_office() as office:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", office.port
        with riverside.inside():
            assert all(delivery.deliver(message.pk, at=timezone.now()) for message in delivery.due(at=timezone.now()))
    assert {letter["To"] for letter in office.letters} == {"sara@riverside.example", "shah@riverside.example"}


def test_what_is_dismissed_is_emptied_and_no_failed_job_any_more(
    riverside: Any, lakeside: Any, platform: Any, refused: dict[str, Message]
) -> None:
    def failed() -> dict[str, int]:
        pulse.take_pulses(at=timezone.now())
        with platform.inside():
            return dict(Pulse.objects.values_list("clinic__slug", "failed_messages"))

    assert failed() == {"riverside": 3, "lakeside": 1}
    assert retry("--clinic", "riverside", "--dismiss") == "riverside: 3 dismissed.\n"
    assert failed() == {"riverside": 0, "lakeside": 1}
    with riverside.inside():
        assert not Message.objects.waiting().exists()
        assert {(each.payload, each.done_at is None) for each in Message.objects.all()} == {("{}", False)}
        assert {each.last_error for each in Message.objects.all()} == {"SMTPRecipientsRefused"}
    with lakeside.inside():
        assert "lena@lakeside.example" in Message.objects.get().payload


def test_what_was_given_up_can_be_looked_at_first(riverside: Any, refused: dict[str, Message]) -> None:
    told = retry("--clinic", "riverside", "--list")
    assert [line.split() for line in told.splitlines()] == [
        ["carrier_pigeon", "SMTPRecipientsRefused", "1"],
        ["email", "SMTPRecipientsRefused", "2"],
    ]
    with riverside.inside():
        assert Message.objects.given_up().count() == 3


def test_the_platform_has_an_outbox_too(platform: Any, refused: dict[str, Message]) -> None:
    with platform.inside():
        message = give_up(put("carrier_pigeon", {}))
    assert retry() == "platform: 1 to be tried again.\n"
    with platform.inside():
        assert Message.objects.waiting().filter(pk=message.pk).exists()


def test_a_clinic_that_is_not_there_is_named(platform: Any) -> None:
    with pytest.raises(CommandError, match="There is no clinic “hill”"):
        retry("--clinic", "hill")


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (lambda: Message.objects.filter(done_at__lt=NOW), "outbox_done"),
        (lambda: Message.objects.filter(given_up_at__lt=NOW), "outbox_given_up"),
        (lambda: Message.objects.given_up(), "outbox_given_up"),
    ],
)
def test_what_is_old_or_given_up_is_found_by_index(riverside: Any, asked: Any, index: str) -> None:
    with riverside.inside(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert index in asked().order_by().explain()
