"""What a broken program or a curious visitor sends is refused in words, or leads nowhere; never a failure."""

import logging
from typing import Any

import pytest
from django.test import RequestFactory

from apps.core.pages import way_back

LISTS = ("invoices/?is_owed=", "services/?is_active=", "providers/?is_active=", "rooms/?is_active=", "blocks/?lifted=")


@pytest.mark.parametrize("address", LISTS)
def test_neither_true_nor_false_is_no_filter(riverside: Any, cast: Any, api: Any, address: str) -> None:
    ada = api(riverside, cast.ada)
    for said in ("true", "false", "True", ""):
        assert ada.get(f"/api/v1/{address}{said}").status_code == 200
    refused = ada.get(f"/api/v1/{address}banana")
    name = address.partition("?")[2].rstrip("=")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, name)


@pytest.mark.parametrize("wanted", ["null", "24:00", "javascript:alert(1)", "//elsewhere.example/", "x/y"])
def test_the_way_on_is_a_page_of_ours(wanted: str) -> None:
    for request in (RequestFactory().get("/", {"next": wanted}), RequestFactory().post("/", {"next": wanted})):
        assert way_back(request, "/patients/") == "/patients/"
    assert way_back(RequestFactory().get("/", {"next": "/schedule/?day=2026-11-20"})) == "/schedule/?day=2026-11-20"


@pytest.mark.parametrize("address", ["clinic/provider/", "scheduling/resource/"])
def test_an_action_on_nothing_that_is_there(riverside: Any, cast: Any, web: Any, address: str) -> None:
    typed = {"action": "take_out_of_use", "_selected_action": "garbage", "index": "0"}
    assert web(riverside, cast.ada).post(f"/administration/{address}", typed).status_code == 400


def test_a_nul_byte_leaves_no_traceback(riverside: Any, cast: Any, web: Any, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG, "django.request"):
        assert web(riverside, cast.ada).get("/patients/", {"q": "a\x00b"}).status_code == 400
    assert [record for record in caplog.records if record.exc_info] == []
