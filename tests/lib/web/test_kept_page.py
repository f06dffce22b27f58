"""Pages that are rendered once for all: who gets them, who never does, and that nobody's own words are in them."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory
from django.utils import translation

from lib.web import kept_page
from lib.web.kept_page import kept

ASKS = RequestFactory()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(kept_page, "monotonic", clock)
    return clock


class Counting:
    """A view that says how often it was asked, and as whom."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse] | None = None) -> None:
        self.requests: list[HttpRequest] = []
        self.answer = answer

    def view(self, request: HttpRequest, **own: Any) -> HttpResponse:
        self.requests.append(request)
        return self.answer(request) if self.answer else HttpResponse(f"Rendered {len(self.requests)} {own or ''}")

    def asked(self, *fields: str, **query: str) -> bytes:
        return bytes(kept(unless=fields)(self.view)(ASKS.get("/page", query)).content)


def test_a_page_is_rendered_once_for_all_and_again_when_it_is_old(clock: Clock) -> None:
    page = Counting()
    assert [page.asked() for _ in range(3)] == [b"Rendered 1 "] * 3
    clock.now += kept_page.AGE - 0.01
    assert page.asked() == b"Rendered 1 "
    clock.now += 0.01
    assert page.asked() == b"Rendered 2 "


def test_a_page_is_as_old_as_what_was_read_for_it(clock: Clock) -> None:
    """Its age begins when its making does."""

    def slowly(_: HttpRequest) -> HttpResponse:
        clock.now += kept_page.AGE
        return HttpResponse("late")

    page = Counting(slowly)
    page.asked(), page.asked()
    assert len(page.requests) == 2


def test_each_language_and_each_address_has_its_own() -> None:
    page = Counting()
    page.asked()
    with translation.override("de"):
        assert page.asked() == b"Rendered 2 "
    assert kept()(page.view)(ASKS.get("/other")).content == b"Rendered 3 "


def test_fields_that_nobody_reads_lead_to_the_same_page_and_stand_nowhere_in_it() -> None:
    page = Counting()
    assert page.asked(utm_source="mail") == page.asked() == b"Rendered 1 "
    assert page.requests[0].get_full_path() == "/page"


def test_the_address_of_a_language_has_a_page_of_its_own_because_the_page_names_it(settings: Any) -> None:
    settings.LANGUAGES = [("de", "Deutsch"), ("en", "English")]
    page = Counting()
    assert page.asked(lang="de", utm_source="mail") == page.asked(lang="de") == b"Rendered 1 "
    assert page.requests[0].META["QUERY_STRING"] == "lang=de"
    assert page.asked(lang="xx") == page.asked() == b"Rendered 2 "


def test_fields_that_are_read_have_their_page_rendered_each_time() -> None:
    page = Counting()
    assert [page.asked("q", q="x"), page.asked("q", q="x")] == [b"Rendered 1 ", b"Rendered 2 "]
    assert page.requests[0].GET["q"] == "x"


def test_it_is_rendered_for_a_stranger(settings: Any) -> None:
    page = Counting()
    request = ASKS.get("/page?token=1", headers={"Cookie": "token=mine", "Host": "evil.test", "Referer": "http://a.b"})
    kept()(page.view)(request)
    seen: Any = page.requests[0]
    assert (seen.COOKIES, dict(seen.GET), dict(seen.headers).get("Referer")) == ({}, {}, None)
    assert seen.get_host() == "localhost:8000"
    assert not seen.user.is_authenticated
    assert not seen.htmx


@pytest.mark.parametrize(
    "changed",
    [
        {"headers": {"Cookie": "session=abc"}},
        {"headers": {"Cookie": "messages=abc"}},
        {"headers": {"HX-Request": "true"}},
    ],
)
def test_whoever_may_be_shown_something_else_is_asked_after_each_time(changed: dict[str, Any]) -> None:
    page = Counting()
    page.asked()
    request = ASKS.get("/page", **changed)
    kept()(page.view)(request)
    assert page.requests[1] is request
    assert page.asked() == b"Rendered 1 "


def test_what_is_sent_is_never_answered_by_a_page_that_was_kept() -> None:
    page = Counting()
    page.asked()
    assert kept()(page.view)(ASKS.post("/page")).content == b"Rendered 2 "


def with_a_cookie(_: HttpRequest) -> HttpResponse:
    response = HttpResponse()
    response.set_cookie("token", "1")
    return response


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda _: HttpResponse(status=503), id="an error"),
        pytest.param(lambda _: HttpResponse(status=302), id="a redirect"),
        pytest.param(lambda request: HttpResponse(get_token(request)), id="a form's secret"),
        pytest.param(with_a_cookie, id="a cookie"),
    ],
)
def test_what_is_no_page_for_everybody_is_not_kept(answer: Callable[[HttpRequest], HttpResponse]) -> None:
    page = Counting(answer)
    request = ASKS.get("/page")
    kept()(page.view)(request)
    assert page.requests[-1] is request
    kept()(page.view)(again := ASKS.get("/page"))
    assert page.requests[-1] is again


def test_an_error_is_not_kept_either() -> None:
    broken = iter([True, False])

    def answer(_: HttpRequest) -> HttpResponse:
        if next(broken):
            raise Http404
        return HttpResponse("well")

    page = Counting(answer)
    with pytest.raises(Http404):
        page.asked()
    assert page.asked() == b"well"


def test_a_browser_that_has_the_page_is_told_so() -> None:
    page = kept()(Counting().view)
    first = page(ASKS.get("/page"))
    assert {"Cookie", "Accept-Encoding"} <= set(first["Vary"].split(", "))
    second = page(ASKS.get("/page", headers={"If-None-Match": first["ETag"]}))
    assert (second.status_code, second.content, second["ETag"], second["Vary"]) == (
        304,
        b"",
        first["ETag"],
        first["Vary"],
    )
    assert page(ASKS.get("/page", headers={"If-None-Match": '"another"'})).status_code == 200


def test_it_is_compressed_for_whoever_can_read_that() -> None:
    page = kept()(Counting(lambda _: HttpResponse("word " * 500)).view)
    packed = page(ASKS.get("/page", headers={"Accept-Encoding": "gzip, br"}))
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == page(ASKS.get("/page")).content
    assert packed["ETag"] == page(ASKS.get("/page"))["ETag"]


def test_a_page_with_a_place_for_ones_own_words_has_each_visitors_own() -> None:
    made = []

    @kept()
    def view(request: HttpRequest, *, own: dict[str, str]) -> HttpResponse:
        made.append(own)
        return HttpResponse(f"<{own['token']}> and <{own['since']}> and <{own['token']}>")

    answers = [view(ASKS.get("/page"), own={"token": each, "since": "1"}) for each in ("a", "b")]
    assert [answer.content for answer in answers] == [b"<a> and <1> and <a>", b"<b> and <1> and <b>"]
    assert len(made) == 1
    # The same bytes never come again, so there is nothing to compare.
    assert "ETag" not in answers[0]


def test_what_has_changed_meanwhile_is_not_kept() -> None:
    page = Counting()
    page.asked()
    kept_page.forget()
    assert page.asked() == b"Rendered 2 "

    def overtaken(_: HttpRequest) -> HttpResponse:
        kept_page.forget()
        return HttpResponse()

    late = Counting(overtaken)
    late.asked(), late.asked()
    assert len(late.requests) == 2


def test_no_more_is_kept_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr(kept_page, "ROOM", 25)
    view = kept()(Counting().view)  # eleven bytes each
    for name in range(5):
        view(ASKS.get(f"/{name}"))
    shelf = kept_page._shelf
    assert 1 <= len(shelf.pages) <= 2
    clock.now += kept_page.AGE
    view(ASKS.get("/new"))
    assert len(shelf.pages) == 1


@pytest.fixture
def slow() -> Iterator[tuple[Counting, threading.Event, threading.Event]]:
    begun, go_on = threading.Event(), threading.Event()

    def answer(_: HttpRequest) -> HttpResponse:
        begun.set()
        go_on.wait(10)
        return HttpResponse("made")

    yield Counting(answer), begun, go_on
    go_on.set()


def test_one_makes_it_for_all_who_come_at_once(slow: tuple[Counting, threading.Event, threading.Event]) -> None:
    page, begun, go_on = slow
    answers: list[bytes] = []
    visitors = [threading.Thread(target=lambda: answers.append(page.asked())) for _ in range(5)]
    for visitor in visitors:
        visitor.start()
    assert begun.wait(10)
    go_on.set()
    for visitor in visitors:
        visitor.join(10)
    assert answers == [b"made"] * 5
    assert len(page.requests) == 1


def test_nobody_waits_for_ever_for_what_another_makes(
    slow: tuple[Counting, threading.Event, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, begun, go_on = slow
    monkeypatch.setattr(kept_page, "PATIENCE", 0.01)
    first = threading.Thread(target=page.asked)
    first.start()
    assert begun.wait(10)
    go_on_soon = threading.Timer(0.05, go_on.set)
    go_on_soon.start()
    assert page.asked() == b"made"
    first.join(10)
    assert len(page.requests) == 2
