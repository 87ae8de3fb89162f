"""Which migrations this release brings. Found out once: they do not change while a process lives."""

import functools
from collections.abc import Collection

from django.apps import apps
from django.db.migrations.loader import MigrationLoader


def released_migrations(names: Collection[str]) -> set[tuple[str, str]]:
    """The migrations of these apps (as the settings name them), each by its app's label and its own name."""
    labels = {config.label for config in apps.get_app_configs() if config.name in names}
    return {key for key in _all() if key[0] in labels}


@functools.cache
def _all() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.nodes)
