from __future__ import annotations

import os
import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.urls import resolve

from lib.web import markdown
from pages import documentation
from project.env import BASE_DIR

pytestmark = pytest.mark.django_db  # every page names the organisation


class Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.hrefs: list[str] = []
        self.ids: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a":
            self.hrefs.append(str(found["href"]))
        if found.get("id"):
            self.ids.add(str(found["id"]))


def all_pages() -> list[documentation.Page]:
    return [page for group in documentation.groups(everything=True) for page in group.pages]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with one page, `giving`, to write into."""
    monkeypatch.setattr(documentation, "FOLDER", tmp_path)
    return tmp_path


def render(folder, text: str) -> documentation.Page:
    (folder / "giving.md").write_text(text)
    page = documentation.page("giving")
    assert page
    return page


def test_every_file_in_docs_has_its_place_in_the_list():
    assert sorted(path.stem for path in (BASE_DIR / "docs").glob("*.md")) == sorted(documentation.SLUGS)


@pytest.mark.parametrize("slug", documentation.SLUGS)
def test_every_page_renders_with_title_and_first_sentence(slug):
    page = documentation.page(slug)
    assert page
    assert page.title
    assert page.summary.endswith((".", "?"))
    assert "<h1" not in page.html
    assert "<p>" in page.html


@pytest.mark.parametrize("slug", documentation.SLUGS)
def test_every_link_within_the_site_leads_somewhere(slug):
    ids = {page.slug: Links(page.html).ids for page in all_pages()}
    page = documentation.page(slug)
    assert page
    for href in Links(page.html).hrefs:
        if href.startswith(("http://", "https://", "mailto:")):
            continue
        if href.startswith("/"):
            resolve(href)
            continue
        target, _, anchor = href.partition("#")
        assert (target or slug) in documentation.SLUGS, href
        assert not anchor or anchor in ids[target or slug], href


def test_headings_can_be_linked_to_and_are_listed():
    for page in all_pages():
        assert [heading.anchor for heading in page.headings] == re.findall(r'<h2 id="([\w-]+)">', page.html)


def test_a_link_to_a_file_becomes_a_link_to_its_page(folder):
    page = render(folder, "# Title\n\n[a](setup.md) [b](setup.md#look) [c](https://example.org/x.md)\n")
    assert Links(page.html).hrefs == ["setup", "setup#look", "https://example.org/x.md"]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![pixel](https://tracker.example/x.png)",
        "[click](javascript:alert(1))",
        "[click](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="https://example.org" onclick="alert(1)">x</a>',
        "| a |\n| :-: |\n| <b style='position:fixed'>x</b> |",
    ],
)
def test_neither_html_nor_pictures_nor_odd_schemes_pass(folder, text):
    html = render(folder, f"# Title\n\n{text}\n").html
    assert not re.search(r"<(script|img|b\b|iframe)", html)
    assert not re.search(r"<[^>]*\s(on\w+|style|src)\s*=", html)
    assert not re.search(r'href="(javascript|data)', html)


def test_the_allow_list_holds_even_if_the_parser_let_html_through(folder, monkeypatch):
    parser = markdown.parser()
    monkeypatch.setitem(parser.options, "html", True)
    html = render(folder, "# Title\n\nx <b onclick=alert(1)>y</b> <img src=x>\n\n<script>alert(1)</script>\n").html
    assert "onclick" not in html
    assert "<img" not in html
    assert "<script" not in html


def test_what_scrolls_sideways_can_be_reached_by_keyboard(folder):
    html = render(folder, "# Title\n\n```\ncode\n```\n\n| a |\n| - |\n| b |\n").html
    assert '<pre tabindex="0">' in html
    assert '<table tabindex="0">' in html


def test_an_edited_file_shows_without_a_restart(folder):
    assert render(folder, "# Old\n\nText.\n").title == "Old"
    (folder / "giving.md").write_text("# New\n\nText.\n")
    os.utime(folder / "giving.md", ns=(1, 1))
    page = documentation.page("giving")
    assert page
    assert page.title == "New"


def test_a_file_without_a_title_is_an_error(folder):
    with pytest.raises(ValueError, match="begins with its title"):
        render(folder, "Text.\n")


@pytest.mark.parametrize("slug", documentation.SLUGS)
def test_every_page_is_served_with_its_list(slug, admin_client: Client):
    response = admin_client.get(f"/docs/{slug}")
    page = response.content.decode()
    assert response.status_code == 200
    assert page.count("<h1") == 1
    assert re.search(rf'href="/docs/{slug}"\s+aria-current="page"', page)


@pytest.mark.parametrize(
    "path",
    [
        "nothing", "..%2Fmanage", "%2e%2e", "../README", "setup.md", "Setup", "setup%00", "docs%2Fsetup", "..%5Csetup",
        "%2Fetc%2Fpasswd",
    ],
)  # fmt: skip
def test_an_address_that_is_not_in_the_list_is_not_found(path, client: Client):
    assert client.get(f"/docs/{path}").status_code == 404


def test_the_list_names_every_page_under_its_group_for_staff(admin_client: Client):
    page = admin_client.get("/docs").content.decode()
    places = [page.index(str(title)) for title, _slugs in documentation.GROUPS]
    assert places == sorted(places)
    for each in all_pages():
        assert f'href="/docs/{each.slug}"' in page


def test_somebody_who_tries_the_site_out_sees_all_pages(client: Client, settings):
    settings.DEBUG = True
    assert "For operators" in client.get("/docs").content.decode()


def test_donors_see_what_is_theirs(client: Client):
    pages = client.get("/docs").content.decode() + client.get("/docs/privacy").content.decode()
    assert 'href="/docs/refunds"' in pages
    for hidden in ("For operators", "For developers", 'href="/docs/backup"', 'href="/docs/architecture"'):
        assert hidden not in pages
    assert "Nothing on" in client.get("/docs?q=pg_dump").content.decode()


def test_a_page_for_operators_has_its_address_for_everybody(client: Client):
    page = client.get("/docs/backup")
    assert page.status_code == 200
    assert "For operators" in page.content.decode()
    assert "/docs/backup" not in client.get("/sitemap.xml").content.decode()


def test_a_page_names_the_one_to_read_next(client: Client):
    everything, donors = documentation.groups(everything=True), documentation.groups(everything=False)
    assert documentation.following("giving", donors) == documentation.page("accounts")
    assert documentation.following(documentation.PUBLIC[-1], donors) is None
    assert documentation.following(documentation.PUBLIC[-1], everything) == documentation.page("setup")
    assert documentation.following(documentation.SLUGS[-1], everything) is None
    assert client.get(f"/docs/{documentation.SLUGS[-1]}").status_code == 200


def settings_in(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (BASE_DIR / path).read_text(), re.MULTILINE))


@pytest.mark.parametrize("event", ["checkout.session.completed", "payment_intent.succeeded"])
def test_the_page_about_stripe_names_every_event_that_is_handled(event):
    from donations.stripe import parsing

    named = settings_in("docs/stripe.md", r"^\| `([a-z_.]+)` \|")
    assert event in named
    assert named == parsing.EVENT_TYPES
