"""The whole way with a real broker, a real worker and a real mail server; and without the broker, nothing is lost."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections
from django.utils import timezone
from kombu import pools

from apps.outbox import email, outbox, tasks
from apps.outbox.models import Message
from apps.tenants import links
from hpms.celery import app
from hpms.embedded import broker
from tests.house import pointing_at
from tests.outbox.post_office import post_office

ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def running_broker(run: Path) -> Iterator[subprocess.Popen]:
    server = subprocess.Popen(broker.command(run), stdout=subprocess.DEVNULL)
    broker.wait_until_ready(run, server)
    yield server
    server.kill()
    server.wait()


@contextmanager
def running_worker(run: Path, port: int) -> Iterator[subprocess.Popen]:
    database = connections["default"].settings_dict["NAME"]
    environment = {name: text for name, text in os.environ.items() if name != "HPMS_OWNER_DATABASE_URL"} | {
        "HPMS_DATABASE_URL": pointing_at(os.environ["HPMS_DATABASE_URL"], database),
        "HPMS_REDIS_URL": broker.url(run),
        "HPMS_EMAIL_URL": f"smtp://127.0.0.1:{port}",
    }
    words = [sys.executable, "-m", "celery", "-A", "hpms.celery", "worker", "--pool", "solo", "-l", "error"]
    worker = subprocess.Popen(words, cwd=ROOT, env=environment)
    yield worker
    worker.terminate()
    worker.wait(20)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A short folder for the socket, and this process's Celery pointed at it."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="hp") as folder:
        monkeypatch.setattr(app.conf, "broker_url", broker.url(Path(folder)))
        _forget_connections()
        yield Path(folder)
    _forget_connections()


def _forget_connections():
    outbox._quiet_until[0] = 0.0
    pools.reset()
    app._pool = app.amqp._producer_pool = None


def wait_for(something, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if something():
            return True
        time.sleep(0.05)
    return False


def write(clinic, number):
    with clinic.inside():
        email.send(
            "password_reset", to=f"p{number}@riverside.example", context={"user": {"full_name": "P"}, "url": "x"}
        )


def test_a_killed_broker_loses_nothing_and_nothing_is_sent_twice(throw_away, riverside, lakeside, run):
    for clinic in (riverside, lakeside):
        with clinic.inside():
            Message.objects.all().delete()
    with post_office() as office:
        with running_broker(run), running_worker(run, office.port) as worker:
            write(riverside, 0)
            assert wait_for(lambda: len(office.letters) == 1), "the nudge reaches the worker"
            worker.terminate()
            worker.wait(20)
        started = time.monotonic()
        for number in range(1, 11):  # nobody is there to be nudged
            write(riverside, number)
        assert time.monotonic() - started < 60, "a broker that is away holds nobody up"
        assert len(office.letters) == 1
        with running_broker(run), running_worker(run, office.port):
            tasks.sweep_every_clinic()
            tasks.sweep_every_clinic()  # twice: the same messages are announced twice
            assert wait_for(lambda: len(office.letters) == 11)
            time.sleep(0.5)
        assert sorted(str(letter["To"]) for letter in office.letters) == sorted(
            f"p{number}@riverside.example" for number in range(11)
        )
    with riverside.inside():
        assert not Message.objects.waiting().filter(due_at__lte=timezone.now()).exists()


def test_an_unsigned_or_foreign_envelope_is_refused(riverside):
    from apps.tenants.tasks import sign

    with pytest.raises(PermissionError):
        tasks.deliver("00000000-0000-7000-8000-000000000000")
    for forged in ("x", sign(riverside.schema, str(riverside.id), "a", "another.task")):
        tasks.deliver.push_request(headers={"hpms": forged})
        try:
            with pytest.raises(Exception, match=r"envelope|malformed|No"):
                tasks.deliver("00000000-0000-7000-8000-000000000000")
        finally:
            tasks.deliver.pop_request()


def test_a_task_knows_whose_house_it_works_in(riverside, monkeypatch):
    from apps.tenants.tasks import envelope_for

    seen = []
    monkeypatch.setattr(tasks.delivery, "deliver", lambda *a, **k: seen.append(links.absolute("/x/")))
    with riverside.inside():
        envelope = envelope_for(tasks.deliver.name, connection.context)
    tasks.deliver.push_request(headers={"hpms": envelope})
    tasks.deliver("00000000-0000-7000-8000-000000000000")
    tasks.deliver.pop_request()
    assert seen == ["http://riverside.localhost/x/"]
