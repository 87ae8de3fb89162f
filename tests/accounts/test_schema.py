"""The API describes itself, completely."""

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator


def test_the_description_is_complete_and_without_warnings(tmp_path, settings):
    call_command("spectacular", "--file", str(tmp_path / "schema.yml"), "--validate", "--fail-on-warn")
    text = (tmp_path / "schema.yml").read_text()
    assert "/api/v1/token/" in text and "Problem" in text and "bearerToken" in text


def test_everybody_may_read_the_description(web, riverside):
    for accept in ("application/json", "application/vnd.oai.openapi+json", "*/*"):
        answer = web(riverside).get("/api/v1/schema/", headers={"accept": accept})
        assert answer.status_code == 200
        assert answer.json()["openapi"].startswith("3.")


def test_the_description_is_written_once_a_process(web, riverside, monkeypatch):
    web(riverside).get("/api/v1/schema/")
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    assert web(riverside).get("/api/v1/schema/").status_code == 200


def test_the_documentation_runs_no_inline_script(web, riverside):
    page = web(riverside).get("/api/v1/docs/").content.decode()
    assert "<script>" not in page and "https://" not in page


@pytest.mark.parametrize("address", ["/api/v1/docs/", "/api/v1/schema/"])
def test_the_platform_has_no_api(web, platform, address):
    assert web(platform).get(address).status_code == 404
