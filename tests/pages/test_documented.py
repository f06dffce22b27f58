"""Documentation and code say the same, both ways: what exists is documented, what is documented exists."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from project.env import BASE_DIR

APPS = ("accounts", "donations", "mail", "organisation", "pages", "project", "sandbox", "upkeep")
DOCS = sorted((BASE_DIR / "docs").glob("*.md"))
TEXTS = [*DOCS, BASE_DIR / "README.md", BASE_DIR / "CONTRIBUTING.md"]
# For readers of the code: what they name is looked for in it.
MAPS = [*TEXTS, BASE_DIR / "SECURITY.md", *sorted((BASE_DIR / "docs" / "decisions").glob("*.md"))]
FOLDERS = (
    "accounts|bench|demo|desk|docs|donations|lib|mail|organisation|pages|project|sandbox|static|templates|tests|upkeep"
)
# Below these, one line speaks for all: the admin is Django's, the sandbox has a page of its own.
WHOLE = {"admin": "/admin/", "sandbox": "/sandbox/"}
# Answered by middleware, before any address is looked up.
BEFORE = {"/livez", "/readyz", "/metrics", "/static/"}
# Read by Django's createsuperuser, by make, by the tests, and a word for any of them.
NOT_SETTINGS = {
    *(
        "DJANGO_SUPERUSER_EMAIL",
        "DJANGO_SUPERUSER_PASSWORD",
        "SEED",
        "PYTHON",
        "REQUIRE_BROWSER",
        "NAME",
        "SIZES",
        "ONLY",
        "LANGUAGE",
        "DRAFT",
    ),
    "POSTGRES_PASSWORD",  # by compose.yaml
}


def cells(page: str, pattern: str) -> set[str]:
    """What stands in the first column of the tables of a page."""
    return set(re.findall(rf"^\| {pattern}", (BASE_DIR / "docs" / page).read_text(), re.MULTILINE))


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for pattern in patterns:
        own = str(pattern.pattern).removeprefix("^").removesuffix("$").replace("/?", "/")
        if isinstance(pattern, URLResolver):
            whole = WHOLE.get(own.strip("/"))
            yield from [whole] if whole else addresses(pattern.url_patterns, before + own)
        else:
            yield before + own


def nameless(address: str) -> str:
    """`/docs/<str:slug>` and `/docs/<page>` are one address."""
    return re.sub(r"\(\?P<[^>]*>[^)]*\)|<[^>]*>", "<>", address)


def test_every_address_is_documented_and_every_documented_one_answers():
    first = " ".join(cells("addresses.md", r"([^|]*) \|"))
    documented = {nameless(address) for address in re.findall(r"`(/[^`]*)`", first)}
    answered = {nameless(address) for address in addresses(get_resolver().url_patterns)} | BEFORE
    assert answered - documented == set(), "say in docs/addresses.md what is there"
    assert documented - answered == set(), "docs/addresses.md names an address that nobody answers"


def test_every_command_is_documented_and_every_documented_one_exists():
    documented = cells("commands.md", r"`manage\.py (\w+)")
    ours = {name for name, app in get_commands().items() if str(app).split(".")[0] in APPS}
    assert ours - documented == set(), "say in docs/commands.md what it does"
    assert documented - get_commands().keys() == set(), "docs/commands.md names a command that does not exist"


def targets() -> set[str]:
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)
    return set(phony.split())


def test_every_target_of_make_is_documented_and_every_documented_one_exists():
    assert cells("commands.md", r"`make (\w+)") == targets()


def test_make_can_be_asked_only_for_what_it_says_that_it_can_do():
    rules = set(re.findall(r"^([a-z]+):", (BASE_DIR / "Makefile").read_text(), re.MULTILINE))
    assert rules == targets()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_page_names_only_commands_that_exist(path: Path):
    text = path.read_text()
    named = set(re.findall(r"manage\.py (\w+)", text)) - {"beside"}
    assert named - get_commands().keys() == set()
    assert set(re.findall(r"(?:`|^)make (\w+)", text, re.MULTILINE)) - targets() == set()


def test_every_variable_is_documented_and_every_documented_one_is_read():
    documented = cells("settings.md", r"`([A-Z_]+)` \|")
    sample = set(re.findall(r"^#?([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert documented == sample == variables_read()


@functools.cache
def variables_read() -> frozenset[str]:
    """Each name that the code asks the environment for, wherever it does."""
    found: set[str] = set()
    for app in APPS:
        for file in (BASE_DIR / app).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                    asked, name = ast.unparse(node.func.value), node.args[0]
                    # DJANGO_SETTINGS_MODULE is set, not asked for.
                    if asked in {"env", "os.environ"} and node.func.attr != "setdefault":
                        found |= {str(name.value)} if isinstance(name, ast.Constant) else set()
                if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                    found |= {str(node.slice.value)} if isinstance(node.slice, ast.Constant) else set()
    return frozenset(found - NOT_SETTINGS)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_page_sets_only_variables_that_exist(path: Path):
    named = set(re.findall(r"(?:^|[`\s])([A-Z][A-Z_]{2,})=", path.read_text(), re.MULTILINE))
    assert named - variables_read() - NOT_SETTINGS == set()


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.stem)
def test_a_page_names_only_files_and_folders_that_exist(path: Path):
    text = path.read_text()
    named = set(re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", text))
    # Without an ending it is a folder or a module, whichever the module has become.
    there = {name for name in named if (BASE_DIR / name).exists() or (BASE_DIR / f"{name}.py").is_file()}
    assert named - there == set()
    # Those that begin with / are addresses of the site: test_documentation.py follows them.
    linked = set(re.findall(r"\]\((\w[\w./-]*)(?:#[\w-]+)?\)", text))
    assert {link for link in linked if not (path.parent / link).exists()} == set()


def test_each_of_the_54_faults_has_its_test_or_says_what_is_missing():
    rows = re.findall(r"^\| (\d+) \|.*\| ([^|]*) \|$", (BASE_DIR / "docs" / "faults.md").read_text(), re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 55))
    for number, proof in rows:
        assert proof, number
        for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof):
            assert re.search(rf"^( *)(async )?def {name}\(", (BASE_DIR / file).read_text(), re.MULTILINE), (
                number,
                name,
            )


def test_every_decision_is_in_the_list():
    records = {path.name for path in (BASE_DIR / "docs" / "decisions").glob("0*.md")}
    listed = re.findall(r"\((0\d{3}-[\w-]+\.md)\)", (BASE_DIR / "docs" / "decisions" / "README.md").read_text())
    assert listed == sorted(records)


def test_the_changelog_goes_by_version_the_newest_first():
    headings = re.findall(r"^## (.*)$", (BASE_DIR / "CHANGELOG.md").read_text(), re.MULTILINE)
    found = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+) - (\d{4}-\d\d-\d\d|unreleased)", heading) for heading in headings]
    assert all(found), headings
    versions = [tuple(int(part) for part in match.groups()[:3]) for match in found if match]
    assert versions == sorted(set(versions), reverse=True)
    assert all(match[4] != "unreleased" for match in found[1:] if match), "only the newest can be still to come"
