"""The kit that all pages are built with: forms, badges, toasts, the bar, and what every answer carries."""

from datetime import UTC, datetime

import pytest
from django import forms
from django.contrib import messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

from apps.core.middleware import Appearance, SecurityHeaders, ToastsOnFragments
from apps.core.quick import address
from apps.core.staticfiles import FILES, NodeModulesFinder
from apps.core.templatetags import house
from apps.core.toasts import more_of, toast
from apps.scheduling.models import Status


class Wish(forms.Form):
    name = forms.CharField(help_text="As on the card")
    sex = forms.ChoiceField(choices=[("f", "Female"), ("m", "Male")], widget=forms.RadioSelect)
    kind = forms.ChoiceField(choices=[("a", "A")], required=False)
    is_vip = forms.BooleanField(required=False)


def test_help_and_error_are_tied_to_their_field():
    html = str(Wish({"name": "", "sex": "f"}))
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_error"' in html and 'id="id_name_helptext"' in html
    assert 'aria-invalid="true"' in html
    assert '<a href="#id_name">Name: This field is required.</a>' in html


def test_widgets_wear_the_kit():
    html = str(Wish())
    assert 'class="form-control"' in html and 'class="form-select"' in html and 'class="form-check-input"' in html
    assert html.count("optional") == 1  # a tick box needs no such word


def test_what_is_typed_is_escaped_where_it_comes_back():
    html = str(Wish({"name": '"><script>alert(1)</script>'}))
    assert "<script>" not in html


def test_every_status_has_a_tone_and_a_word():
    for status in Status:
        badge = house.status(status.value)
        assert f"tone-{house.TONES[status.value]}" in badge
        assert str(status.label) in badge


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (datetime(2026, 12, 16), datetime(2026, 12, 18), "Wed 16 Dec – Thu 17 Dec 2026"),
        (datetime(2026, 12, 16), datetime(2026, 12, 17), "Wed 16 Dec 2026"),
        (datetime(2026, 12, 16, 9), datetime(2026, 12, 16, 13, 30), "Wed 16 Dec 2026, 09:00 – 13:30"),
        (datetime(2026, 12, 16, 9), datetime(2026, 12, 17), "Wed 16 Dec 2026, 09:00 – Thu 17 Dec 2026, 00:00"),
    ],
)
def test_a_span_says_no_more_than_it_must(starts, ends, said):
    assert house.until(starts, ends) == said


def test_a_moment_is_said_on_the_clinics_clock(riverside):
    with riverside.inside():
        late = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
        assert (
            Template('{% load house %}{{ late|wall|date:"j M H:i" }}').render(Context({"late": late})) == "2 Mar 01:30"
        )
        assert house.wall(None) is None


def test_an_icon_is_silent_unless_it_has_a_label():
    assert 'aria-hidden="true"' in house.icon("calendar")
    assert 'role="img" aria-label="Paid"' in house.icon("check", 16, "Paid")
    with pytest.raises(Exception, match="no-such-icon"):
        house.icon("no-such-icon")


def asked(path="/", **headers):
    request = RequestFactory().get(path, headers=headers)
    request.session = {}
    request._messages = FallbackStorage(request)
    return request


def test_a_toast_remembers_the_way_back():
    request = asked()
    toast(request, "Moved.", undo_url="/back/", undo_fields={"at": 7})
    (message,) = messages.get_messages(request)
    assert more_of(message) == {"undo": {"url": "/back/", "fields": {"at": "7"}}}


def test_toasts_travel_beside_a_fragment_and_stay_away_from_the_rest():
    def told(answer, **headers):
        request = asked(**headers)
        toast(request, "Saved.")
        return ToastsOnFragments(lambda _: answer)(request).content.decode()

    fragment = {"HX-Request": "true"}
    assert 'hx-swap-oob="beforeend"' in told(HttpResponse("<p>rows</p>"), **fragment)
    assert "Saved." in told(HttpResponse("<form>", status=409), **fragment)
    assert told(HttpResponse("<p>rows</p>")) == "<p>rows</p>"
    assert told(HttpResponse(status=204), **fragment) == ""
    assert told(HttpResponse(headers={"HX-Refresh": "true"}), **fragment) == ""
    assert told(HttpResponse("{}", content_type="application/json"), **fragment) == "{}"


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    answer = SecurityHeaders(lambda _: HttpResponse("x"))(asked())
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_look_is_kept_in_a_cookie_and_the_address_cleaned():
    answer = Appearance(lambda _: HttpResponse("page"))(asked("/patients/?page=2&appearance=dark"))
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/patients/?page=2"
    assert answer.cookies["hpms_theme"].value == "dark"


def test_the_look_sends_nobody_to_another_house():
    request = asked("/?appearance=light")
    request.path = "//evil.example/"
    assert Appearance(lambda _: HttpResponse("page"))(request).headers["Location"] == "/evil.example/"


def test_nonsense_looks_are_ignored():
    assert Appearance(lambda _: HttpResponse("page"))(asked("/?appearance=<b>")).content == b"page"


def test_only_named_files_come_out_of_the_packages():
    finder = NodeModulesFinder()
    assert finder.find("vendor/../../package.json") == []
    assert finder.find("@tabler/core/package.json") == []
    assert {name for name, _storage in finder.list(None)} <= set(FILES)


def test_blocks_of_the_base_page_hold_without_anybody_signed_in():
    page = Template('{% extends "base.html" %}{% block page %}<c-empty icon="users" title="Nobody" />{% endblock %}')
    html = page.render(Context({"house": {"name": "Riverside", "theme": "dark"}, "LANGUAGE_BIDI": True}))
    assert 'dir="rtl"' in html and 'data-bs-theme="dark"' in html
    assert 'href="#main"' in html and "<main" in html


def test_quick_lists_escape_what_they_are_handed():
    shown = Template('{% load house %}{% quick "scheduling/filter_choices.html" groups=groups %}').render(
        Context({"groups": [("room", [("<1>", "A & <b>", True)])]})
    )
    assert 'value="&lt;1&gt;" checked> A &amp; &lt;b&gt;</label>' in shown


def test_a_page_may_know_something_called_name():
    page = Template('{% load house %}{% quick "scheduling/filter_choices.html" groups=groups %}')
    assert not page.render(Context({"groups": [], "name": "Riverside"})).strip()


def test_a_page_that_this_house_does_not_have_has_no_address():
    assert address("scheduling:day_sheet") == "/schedule/"
    assert address("scheduling:nowhere") == ""


class Somebody:
    """Signed in, with these rights."""

    is_authenticated = True

    def __init__(self, *rights):
        self.rights = rights

    def has_perm(self, right):
        return right in self.rights


def palette(user, added=""):
    request = asked()
    request.user, request.resolver_match = user, None
    page = Template('{% load house %}{% framed "palette" %}{{ added }}{% endframed %}')
    return page.render(Context({"request": request, "user": user, "added": added}))


def test_what_is_drawn_once_for_many_differs_with_their_rights_and_with_the_page():
    books, registers = Somebody("scheduling.book_appointment"), Somebody("patients.register_patient")
    assert "Asha&lt;b&gt;" in palette(books, added="Asha<b>")
    again, other = palette(books), palette(registers)
    assert "Asha" not in again + other
    assert address("scheduling:book") in again and address("patients:register") not in again
    assert address("patients:register") in other and address("scheduling:book") not in other


def test_what_is_drawn_once_for_many_is_said_in_each_language():
    for language, words in (("de", "Passwort ändern"), ("en", "Change password"), ("de", "Passwort ändern")):
        with translation.override(language):
            assert words in palette(Somebody())  # Django's own words
