"""Argon2id, a few at a time. One hash costs a fifth of a second of a core: unbounded, a rush of
sign-ins (or somebody guessing) would take the day sheet down with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

PATIENCE = 3.0  # seconds that a sign-in waits for its turn


class TooBusyError(Exception):
    """So many people are signing in at this moment that this one should try again."""


class Queue:
    """At most so many hashes at once in this process, and at most so many waiting."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self.turns = threading.BoundedSemaphore(at_once)
        self.places = threading.BoundedSemaphore(at_once + waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        if not self.places.acquire(blocking=False):
            raise TooBusyError
        try:
            if not self.turns.acquire(timeout=PATIENCE):
                raise TooBusyError
            try:
                yield
            finally:
                self.turns.release()
        finally:
            self.places.release()


queue = Queue(settings.HPMS_HASHES_AT_ONCE, 4 * settings.HPMS_HASHES_AT_ONCE)


class BoundedArgon2(Argon2PasswordHasher):
    """Django's Argon2id, taking turns."""

    time_cost = settings.HPMS_HASH_COST["time_cost"]
    memory_cost = settings.HPMS_HASH_COST["memory_cost"]
    parallelism = settings.HPMS_HASH_COST["parallelism"]

    def encode(self, password: str, salt: str) -> str:
        with queue.turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with queue.turn():
            return super().verify(password, encoded)
