"""What a rule leaves in the outbox reaches people: once if all goes well, later if not, never by half."""

import logging
import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from apps.outbox import delivery, email, handlers, tasks
from apps.outbox.models import Message
from apps.outbox.outbox import put
from apps.tenants.tasks import envelope_for
from hpms.celery import app
from tests.outbox.post_office import post_office

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def office(settings):
    with post_office() as office:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", office.port
        settings.EMAIL_TIMEOUT = 5
        yield office


def now():
    return timezone.now()


def letter(cast, **changes):
    context = {"user": cast.sara, "url": "http://riverside.localhost/x", **changes}
    return email.send("password_reset", to=cast.sara.email, context=context)


def test_a_letter_is_delivered_and_its_words_are_forgotten(riverside, cast, office):
    with riverside.inside():
        message = letter(cast)
        assert delivery.deliver(message.pk, at=now())
        message.refresh_from_db()
        assert (message.done_at is not None, message.attempts, message.payload) == (True, 1, "{}")
        assert not delivery.deliver(message.pk, at=now())
    [received] = office.letters
    assert received["To"] == "sara@riverside.example"
    assert received["From"] == "Riverside Clinic <no-reply@localhost>"
    assert received["Subject"] == "A new password for Riverside Clinic"
    assert received["Message-ID"] == f"<{message.pk}@localhost>"
    assert "http://riverside.localhost/x" in received.get_content()


def test_nothing_is_left_when_the_rule_fails(riverside, cast):
    with riverside.inside():
        before = Message.objects.count()
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            letter(cast)
            raise ZeroDivisionError
        assert Message.objects.count() == before


def test_the_payload_is_sealed(riverside, cast, as_superuser):
    with riverside.inside(), connection.cursor() as cursor:
        message = letter(cast)
        cursor.execute("SELECT payload FROM outbox_message WHERE id = %s", [message.pk])
        assert b"sara" not in bytes(cursor.fetchone()[0])


def test_a_refused_letter_waits_longer_each_time_and_is_given_up(riverside, cast, office, caplog):
    office.refuses = True
    with riverside.inside():
        message = letter(cast)
        at, waits = now(), []
        while message.given_up_at is None:
            assert not delivery.deliver(message.pk, at=at)
            message.refresh_from_db()
            waits.append(message.due_at - at)
            assert not delivery.deliver(message.pk, at=at) or message.given_up_at
            at = max(at, message.due_at)
        assert waits[:5] == delivery.BACK_OFF
        assert message.attempts == delivery.MOST_ATTEMPTS == len(waits)
        assert message.last_error == "SMTPRecipientsRefused"
        assert "sara" not in caplog.text
        assert message not in delivery.due(at=at + timedelta(days=9))


def test_a_mail_server_that_is_away_is_tried_again(riverside, cast, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 1
    with riverside.inside():
        message = letter(cast)
        assert not delivery.deliver(message.pk, at=now())
        message.refresh_from_db()
        assert (message.last_error, message.done_at) == ("ConnectionRefusedError", None)


def test_what_a_failing_handler_wrote_is_undone(riverside, cast, monkeypatch):
    def half(payload, message):
        Message.objects.create(kind="half", payload="{}", due_at=now(), created_at=now())
        raise DatabaseError

    monkeypatch.setitem(handlers._handlers, "half_way", half)
    with riverside.inside():
        message = put("half_way", {})
        assert not delivery.deliver(message.pk, at=now())
        assert not Message.objects.filter(kind="half").exists()


def test_an_unknown_kind_waits_for_a_house_that_knows_it(riverside):
    with riverside.inside():
        message = put("carrier_pigeon", {"to": "Sara"})
        assert not delivery.deliver(message.pk, at=now())
        message.refresh_from_db()
        assert message.last_error == "NoHandlerError"


def test_nothing_is_delivered_before_it_is_due(riverside, cast, office):
    with riverside.inside():
        message = put("email", {}, due_at=now() + timedelta(hours=1))
        assert not delivery.deliver(message.pk, at=now())
        assert message not in delivery.due(at=now())
        assert message in delivery.due(at=now() + timedelta(hours=2))


def test_a_name_cannot_smuggle_headers(riverside, cast, office):
    with riverside.inside():
        message = put(
            "email",
            {
                "to": "sara@riverside.example",
                "subject": "Hello\nBcc: thief@evil.example",
                "body": "x\n",
                "sender": 'Clinic"\r\nBcc: <thief@evil.example>',
            },
        )
        assert delivery.deliver(message.pk, at=now())
    [received] = office.letters
    assert received["Bcc"] is None


def test_old_messages_are_swept_out(riverside, cast, office):
    with riverside.inside():
        message = letter(cast)
        delivery.deliver(message.pk, at=now())
        assert delivery.clean_up(at=now()) == 0
        delivery.clean_up(at=now() + timedelta(days=91))
        assert not Message.objects.filter(pk=message.pk).exists()


def test_the_sweep_leaves_tidying_to_a_task_of_its_own(riverside, cast, office):
    def run(task):
        with riverside.inside():
            envelope = envelope_for(task.name, connection.context)
        task.push_request(headers={"hpms": envelope})
        try:
            return task()
        finally:
            task.pop_request()

    with riverside.inside():
        message = letter(cast)
        delivery.deliver(message.pk, at=now())
        Message.objects.filter(pk=message.pk).update(done_at=now() - delivery.KEPT - timedelta(hours=1))
    run(tasks.sweep)
    with riverside.inside():
        assert Message.objects.filter(pk=message.pk).exists()
    assert run(tasks.tidy) == 1
    with riverside.inside():
        assert not Message.objects.filter(pk=message.pk).exists()
    assert "outbox.tidy_every_clinic" in {each["task"] for each in app.conf.beat_schedule.values()} & set(app.tasks)


def test_two_workers_deliver_a_message_once(throw_away, riverside, monkeypatch):
    delivered, both = [], threading.Barrier(2, timeout=10)

    def slow(payload, message):
        delivered.append(message.pk)
        import time

        time.sleep(0.3)

    monkeypatch.setitem(handlers._handlers, "slow", slow)
    logging.disable(logging.WARNING)  # there is no broker to nudge
    with riverside.inside():
        message = put("slow", {})
    logging.disable(logging.NOTSET)

    def work():
        both.wait()
        with riverside.inside():
            delivery.deliver(message.pk, at=now())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    [worker.start() for worker in workers]
    [worker.join(10) for worker in workers]
    assert delivered == [message.pk]
