"""Keys: wrapped, versioned, cached, and useless to whoever lacks the root key."""

import base64
import os
import pickle
import stat
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from django.db import IntegrityError, connection, transaction

from apps.core import checks, encryption
from apps.core.encryption import KeysMissing, RootKeyError, SealBroken
from apps.core.models import ClinicKey
from apps.core.root_key import DEMO_MARK, LocalRootKey, local_root_key, make_demo_key
from tests.conftest import ClinicUnderTest


def settings_with(key: str = "", file: Any = "") -> SimpleNamespace:
    return SimpleNamespace(HPMS_ROOT_KEY=key, HPMS_ROOT_KEY_FILE=str(file))


def a_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


# --- the root key


def test_a_demo_key_is_private_marked_and_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "root"
    make_demo_key(path)
    before = path.read_text()
    make_demo_key(path)
    assert path.read_text() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert local_root_key(settings_with(file=path)).is_demo
    assert not local_root_key(settings_with(a_key())).is_demo


@pytest.mark.parametrize(
    "settings",
    [
        settings_with(),
        settings_with("short"),
        settings_with(base64.b64encode(b"x" * 31).decode()),
        settings_with("ключ"),
        settings_with(file="/nowhere/at/all"),
    ],
    ids=["none", "short", "31 bytes", "not base64", "no file"],
)
def test_a_root_key_that_is_none_is_told_in_words(settings: Any) -> None:
    with pytest.raises(RootKeyError) as refused:
        local_root_key(settings)
    assert "short" not in str(refused.value)


def test_a_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "root"
    make_demo_key(path)
    path.chmod(0o604)
    with pytest.raises(RootKeyError, match="open to everybody"):
        local_root_key(settings_with(file=path))


def test_an_older_root_key_still_unwraps_and_another_does_not() -> None:
    old, new = os.urandom(32), os.urandom(32)
    wrapped = LocalRootKey([old]).wrap(b"k" * 32, b"context")
    assert LocalRootKey([new, old]).unwrap(wrapped, b"context") == b"k" * 32
    with pytest.raises(RootKeyError):
        LocalRootKey([new]).unwrap(wrapped, b"context")
    with pytest.raises(RootKeyError):
        LocalRootKey([old]).unwrap(wrapped, b"another clinic")
    with pytest.raises(RootKeyError):
        LocalRootKey([old]).unwrap(wrapped[:-1], b"context")


def test_production_refuses_to_start_without_a_key_or_with_the_demos(settings: Any) -> None:
    settings.PRODUCTION = True
    for key, words in (("", "no root key"), (base64.b64encode(DEMO_MARK + bytes(24)).decode(), "demo's root key")):
        settings.HPMS_ROOT_KEY = key
        encryption._root_key.cache_clear()
        try:
            with pytest.raises(RootKeyError, match=words):
                encryption.root_key()
            assert [error.id for error in checks.there_is_a_root_key()] == ["core.E001"]
        finally:
            encryption._root_key.cache_clear()
    settings.HPMS_ROOT_KEY = a_key()
    assert checks.there_is_a_root_key() == []
    encryption._root_key.cache_clear()


# --- a clinic's keys


@pytest.mark.usefixtures("inside_riverside")
class TestKeyring:
    def test_a_clinic_has_one_key_of_each_purpose(self) -> None:
        keys = list(ClinicKey.objects.order_by("purpose").values_list("purpose", "version"))
        assert keys == [("data", 1), ("index", 1), ("signing", 1), ("wrapping", 1)]

    def test_no_key_is_printed_or_pickled(self) -> None:
        ring = encryption.keyring()
        assert repr(ring) == f"<Keyring of {ring.clinic}>"
        with pytest.raises(TypeError):
            pickle.dumps(ring)

    def test_wrapped_keys_are_bound_to_purpose_and_version(self) -> None:
        data, index = ClinicKey.objects.get(purpose="data"), ClinicKey.objects.get(purpose="index")
        ClinicKey.objects.filter(pk=index.pk).update(wrapped=data.wrapped)
        encryption.forget(connection.context.clinic)
        with pytest.raises(KeysMissing):
            encryption.keyring()

    def test_a_new_data_key_seals_and_the_old_one_still_opens(self) -> None:
        row = "row"
        old = encryption.seal(b"old", field_id="x", row=row)
        assert encryption.add_version("data") == 2
        new = encryption.seal(b"new", field_id="x", row=row)
        assert (old[1:3], new[1:3]) == (b"\x00\x01", b"\x00\x02")
        assert encryption.open_sealed(old, field_id="x", row=row) == b"old"
        assert encryption.open_sealed(new, field_id="x", row=row) == b"new"

    def test_a_version_made_by_another_process_is_fetched(self) -> None:
        stale = encryption.keyring()
        encryption.add_version("data")
        new = encryption.seal(b"new", field_id="x", row="row")
        connection.context.memo["core.keyring"] = stale
        assert encryption.open_sealed(new, field_id="x", row="row") == b"new"

    def test_a_new_signing_key_signs_and_the_old_one_still_verifies(self) -> None:
        old = encryption.keyring().signing_key()
        signature = old.private.sign(b"token")
        encryption.add_version("signing")
        ring = encryption.keyring()
        assert (old.kid, ring.signing_key().kid, set(ring.verifying_keys())) == ("1", "2", {"1", "2"})
        ring.verifying_keys()["1"].verify(signature, b"token")
        with pytest.raises(InvalidSignature):
            ring.verifying_keys()["2"].verify(signature, b"token")

    def test_rows_of_int_and_text_keys_never_meet(self) -> None:
        sealed = encryption.seal(b"x", field_id="x", row=12)
        assert encryption.open_sealed(sealed, field_id="x", row="12") == b"x"
        with pytest.raises(SealBroken):
            encryption.open_sealed(sealed, field_id="x1", row=2)
        with pytest.raises(ValueError, match="needs its key"):
            encryption.seal(b"x", field_id="x", row=None)

    def test_keys_are_made_once(self) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            encryption.create_keys(connection.context.clinic)

    def test_keys_are_made_inside_their_own_clinic_only(self) -> None:
        with pytest.raises(KeysMissing):
            encryption.create_keys(uuid.uuid4())

    def test_the_trail_does_not_keep_wrapped_keys(self) -> None:
        from apps.audit.models import AuditEvent

        encryption.add_version("data")
        event = AuditEvent.objects.filter(table_name="core_clinickey").order_by("id").last()
        assert event is not None
        assert event.new["wrapped"] == "[not kept]"


@pytest.mark.django_db
def test_keys_that_were_rolled_back_are_forgotten(riverside: ClinicUnderTest) -> None:
    with riverside.inside():
        encryption.keyring()
    with pytest.raises(RuntimeError, match="never mind"), riverside.inside():
        encryption.add_version("data")
        assert encryption.keyring().data_version == 2
        raise RuntimeError("never mind")
    with riverside.inside():
        assert encryption.keyring().data_version == 1


@pytest.mark.django_db
def test_two_clinics_share_no_key(riverside: ClinicUnderTest, lakeside: ClinicUnderTest) -> None:
    rings = []
    for clinic in (riverside, lakeside):
        with clinic.inside():
            rings.append(encryption.keyring())
    one, other = rings
    assert one.index_key() != other.index_key()
    assert one.signing_key().private.private_bytes_raw() != other.signing_key().private.private_bytes_raw()
    with pytest.raises(SealBroken):
        other.open(one.seal(b"x", "f", "row"), "f", "row")


@pytest.mark.django_db
def test_a_process_asks_the_database_once_per_clinic(
    riverside: ClinicUnderTest, django_assert_num_queries: Any
) -> None:
    encryption._cached.clear()
    for queries in (1, 0):
        with riverside.inside(), django_assert_num_queries(queries):
            encryption.keyring()
            encryption.keyring()


@pytest.mark.django_db
def test_cached_keys_grow_old(riverside: ClinicUnderTest, django_assert_num_queries: Any) -> None:
    with riverside.inside():
        encryption.keyring()
    encryption._cached[str(riverside.id)].loaded_at -= encryption.CACHE_SECONDS + 1
    with riverside.inside(), django_assert_num_queries(1):
        encryption.keyring()
