"""A request meets the walls before it meets anything else."""

import http.client


def ask(house, host, path="/"):
    connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=10)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_an_unknown_host_is_a_plain_404(house):
    status, body = ask(house, "nowhere.localhost")
    assert status == 404
    assert "No clinic lives at this address" in body


def test_a_host_that_is_no_host_is_a_plain_404(house):
    assert ask(house, "river side.localhost")[0] == 404
    assert ask(house, "riverside.localhost.evil.example")[0] == 404


def test_the_demo_lists_its_clinics_on_the_front_page(house, riverside):
    status, body = ask(house, "localhost")
    assert status == 200
    assert riverside.name in body


def test_a_real_installation_does_not_tell_strangers_who_its_clinics_are(platform, riverside, web, settings):
    settings.HPMS_CLINIC_PICKER = False
    body = web(platform).get("/").content.decode()
    assert "address of its own" in body
    assert riverside.name not in body
