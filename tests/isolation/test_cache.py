"""What a clinic caches is its own; a cache that is away holds nobody up."""

import json
import pickle
import time

import pytest
from django.core.cache import cache

from apps.tenants.cache import PatientCache, key_of_clinic

AWAY = "unix:///nowhere/at/all.sock"


def test_two_clinics_share_no_key(riverside, lakeside):
    with riverside.inside():
        cache.set("limit", "riverside's")
    with lakeside.inside():
        assert cache.get("limit") is None
        cache.set("limit", "lakeside's")
    with riverside.inside():
        assert cache.get("limit") == "riverside's"


def test_while_the_cache_is_away_the_process_remembers_by_itself(riverside, caplog):
    patient = PatientCache(AWAY, {"KEY_FUNCTION": key_of_clinic})
    started = time.monotonic()
    with riverside.inside():
        assert patient.get("guesses") is None
        patient.set("guesses", 3, 60)
        assert patient.get("guesses") == 3
        assert patient.add("guesses", 1) is False
        patient.delete("guesses")
        assert patient.get("guesses") is None
    assert time.monotonic() - started < 30, "asked once, then left alone: not a time-out for every question"
    assert "The cache is away" in caplog.text


class _Command:
    """What whoever writes to Redis would leave there."""

    def __reduce__(self):
        return print, ("ran",)


def test_what_lies_in_redis_is_words_that_run_nothing(capsys):
    client = PatientCache(AWAY, {"KEY_FUNCTION": key_of_clinic})._cache
    with pytest.raises(ValueError):
        client._serializer.loads(pickle.dumps(_Command()))
    assert "ran" not in capsys.readouterr().out
    for value in (3, -1, True, None, "riverside's", [1795815237.25, 12.0], {"a": 1}):
        kept = client._serializer.dumps(value)
        assert client._serializer.loads(str(kept).encode()) == value
        assert type(kept) is int or json.loads(kept) == value
