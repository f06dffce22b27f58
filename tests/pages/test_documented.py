"""Documentation and code say the same, both ways: what exists is documented, what is documented exists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

from project.env import BASE_DIR

APPS = ("accounts", "donations", "mail", "organisation", "pages", "project", "sandbox")
DOCS = sorted((BASE_DIR / "docs").glob("*.md"))
TEXTS = [*DOCS, BASE_DIR / "README.md"]
# Below these, one line speaks for all: the admin is Django's, the sandbox has a page of its own.
WHOLE = {"admin": "/admin/", "sandbox": "/sandbox/"}
# Answered by middleware, before any address is looked up.
BEFORE = {"/livez", "/readyz", "/static/"}
# Read by Django's createsuperuser, by make, and a word for any of them.
NOT_SETTINGS = {"DJANGO_SUPERUSER_EMAIL", "DJANGO_SUPERUSER_PASSWORD", "SEED", "PYTHON", "NAME"}


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
    sample = set(re.findall(r"^#([A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE))
    assert documented == sample == variables_read()


def variables_read() -> set[str]:
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
    return found - NOT_SETTINGS


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_a_page_sets_only_variables_that_exist(path: Path):
    named = set(re.findall(r"(?:^|[`\s])([A-Z][A-Z_]{2,})=", path.read_text(), re.MULTILINE))
    assert named - variables_read() - NOT_SETTINGS == set()
