"""Scenes that many tests play in are set once, and each test takes back only what it wrote itself.

    @keep
    def kept_scene():                            # enters a clinic, writes, returns what the tests want to have at hand
        …

    @pytest.fixture
    def scene(kept_scene, inside_riverside):     # where the test happens
        return kept_scene

The scene stands in a transaction that stays open as long as tests ask for the same one; each plays in a savepoint of
it, with a copy of what was returned. Any other test begins by striking the set, so it finds what it always finds.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import pytest
from django.db import transaction

Made = TypeVar("Made")
KEPT = "kept_"  # how fixtures made by `keep` are called


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is rolled back: for the single tests on a database that a module shares."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]  # so that a clinic may be entered inside it
    with block:
        yield
        transaction.set_rollback(True)


class Stage:
    """Where at most one scene stands."""

    def __init__(self) -> None:
        self.make: Callable[[], Any] | None = None
        self.made: Any = None
        self._open = ExitStack()

    def set_for(self, make: Callable[[], Any], blocker: Any) -> None:
        if self.make is not make:
            self.strike()
            with ExitStack() as opening:
                opening.enter_context(blocker.unblock())
                opening.enter_context(undone())
                self.made = make()
                self._open = opening.pop_all()
            self.make = make

    def strike(self) -> None:
        self.make = self.made = None
        self._open.close()


stage = Stage()


def keep(make: Callable[[], Made]) -> Any:
    """A fixture, to be called kept_…: what `make` returned, in a database that holds what it wrote."""
    assert make.__name__.startswith(KEPT)

    @pytest.fixture
    def kept(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Made]:
        assert not {"house", "modules_own", "throw_away"} & set(request.fixturenames), "one database or the other"
        stage.set_for(make, django_db_blocker)
        with undone():
            yield copy.deepcopy(stage.made)

    return kept


def kept_by(names: list[str]) -> str | None:
    """The kept scene among these fixtures."""
    return next((name for name in names if name.startswith(KEPT)), None)
