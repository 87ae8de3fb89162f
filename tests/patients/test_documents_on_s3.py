"""Documents at an S3 server: a real one on this machine, spoken to over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from apps.patients.documents import filing, tidying, vault
from apps.patients.models import DocumentVersion
from tests.cast import Cast
from tests.conftest import ClinicUnderTest
from tests.patients.factories import PatientFactory
from tests.patients.papers import SECRET, pdf, upload

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BUCKET = "papers"
LOGIN = {"access_key": "clinic", "secret_key": "secret", "region_name": "eu-central-1"}


@pytest.fixture
def bucket(settings: Any) -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=LOGIN["access_key"],
        aws_secret_access_key=LOGIN["secret_key"],
        region_name=LOGIN["region_name"],
    )
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": LOGIN["region_name"]})
    options = {"bucket_name": BUCKET, "location": "hpms", "file_overwrite": False, "default_acl": None, **LOGIN}
    backend = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {**options, "endpoint_url": endpoint}}
    settings.STORAGES = {**settings.STORAGES, "documents": backend}
    yield client
    for key in stored(client):
        client.delete_object(Bucket=BUCKET, Key=key)
    client.delete_bucket(Bucket=BUCKET)
    server.stop()


def stored(bucket: Any) -> dict[str, bytes]:
    found = bucket.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {one["Key"]: bucket.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read() for one in found}


def content_of(version: DocumentVersion) -> bytes:
    with vault.opened(version) as file:
        return b"".join(file.chunks())


def test_documents_are_kept_sealed_in_the_bucket(riverside: ClinicUnderTest, cast: Cast, bucket: Any) -> None:
    content = pdf(pages=100_000)  # more than waits in memory
    with riverside.inside(by=cast.sara):
        document = filing.file_document(PatientFactory(by=cast.ada), upload=upload(content), by=cast.sara, at=AT)
        version = document.versions.get()
        assert content_of(version) == content
        [(name, data)] = stored(bucket).items()
        assert name == f"hpms/{riverside.id}/{version.storage_name}"
        assert SECRET not in data
        assert tidying.tidy(at=AT) == tidying.Tidied(0, [])


def test_what_was_tampered_with_in_the_bucket_is_not_given_out(
    riverside: ClinicUnderTest, cast: Cast, bucket: Any
) -> None:
    with riverside.inside(by=cast.sara):
        document = filing.file_document(PatientFactory(by=cast.ada), upload=upload(), by=cast.sara, at=AT)
        [(name, data)] = stored(bucket).items()
        bucket.put_object(Bucket=BUCKET, Key=name, Body=data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(vault.FileDamaged):
            vault.opened(document.versions.get())
        bucket.delete_object(Bucket=BUCKET, Key=name)
        with pytest.raises(vault.FileDamaged):
            vault.opened(document.versions.get())
        assert tidying.tidy(at=AT).missing == [f"{document.pk}/1"]
