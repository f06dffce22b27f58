"""The catalogues in `locale`: brought up to date with the texts, looked over, and compiled.

A language is offered to visitors when its catalogue has been compiled (lib.languages), and one that lacks a text is not
compiled: nobody should get a page in two languages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation import to_locale

HEADER = "# Tincup's texts for donors and visitors. See docs/languages.md.\n"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")
TAG = re.compile(r"</?[a-z][^>]*>")
# Babel dates a catalogue by the clock; one that is made twice should be the same twice.
MADE = datetime(2026, 1, 1, tzinfo=UTC)
DJANGO = Path(django.__file__).parent / "conf" / "locale"


class UnknownLanguageError(Exception):
    """Django has no texts of its own in this language: its error messages would be English."""


def path(folder: Path, language: str) -> Path:
    """Where the catalogue of a language stands ("pt-br": `pt_BR`)."""
    return folder / to_locale(language) / "LC_MESSAGES" / "django.po"


def languages(folder: Path) -> list[str]:
    """The folders of `locale` that hold a catalogue, finished or not."""
    return sorted(file.parent.parent.name for file in folder.glob("*/LC_MESSAGES/django.po"))


def create(folder: Path, language: str) -> Path:
    """An empty catalogue, with the rule for plurals that Django has for this language. Raises UnknownLanguage."""
    file = path(folder, language)
    name = file.parent.parent.name
    own = [DJANGO / code / "LC_MESSAGES" / "django.mo" for code in (name, name.partition("_")[0])]
    if not (found := next((mo for mo in own if mo.is_file()), None)):
        raise UnknownLanguageError(language)
    with found.open("rb") as stream:
        plurals = dict(read_mo(stream).mime_headers)["Plural-Forms"]
    catalog = Catalog(name, header_comment=HEADER, project="Tincup", fuzzy=False)
    catalog.creation_date = catalog.revision_date = MADE
    catalog.mime_headers = [("Plural-Forms", plurals)]
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, catalog)
    return file


def read(file: Path) -> Catalog:
    with file.open("rb") as stream:
        return read_po(stream, locale=file.parent.parent.name)


def write(file: Path, catalog: Catalog) -> None:
    with file.open("wb") as stream:
        write_po(stream, catalog, width=100, ignore_obsolete=True, include_previous=True, include_lineno=False)


def update(file: Path, texts: Catalog) -> Catalog:
    """The catalogue with the texts that there are now. One that was changed keeps its translation, marked as fuzzy."""
    catalog = read(file)
    catalog.update(texts, update_creation_date=False)
    write(file, catalog)
    return catalog


def compiled(catalog: Catalog) -> bytes:
    """What gettext reads: the texts that are translated and not fuzzy."""
    stream = BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()


def missing(catalog: Catalog, texts: Catalog) -> list[str]:
    """The texts that have no translation, or one that somebody has to look at again (fuzzy)."""
    lacking = []
    for text in _messages(texts):
        found = catalog.get(_key(text), text.context)
        if not found or found.fuzzy or not all(_forms(found)) or len(_forms(found)) != _wanted(found, catalog):
            lacking.append(_key(text))
    return lacking


def faults(catalog: Catalog) -> list[str]:
    """What is wrong with translations that are there: a placeholder or tag lost or added, an end of line, a form."""
    found = []
    for message in _messages(catalog):
        if message.fuzzy or not any(_forms(message)):
            continue
        originals = [message.id] if isinstance(message.id, str) else list(message.id)
        for number, form in enumerate(_forms(message)):
            problem = _fault(originals, form, last=number == len(_forms(message)) - 1)
            if problem:
                found.append(f"{_key(message)!r}: {problem} in {form!r}")
    return found


def _fault(originals: list[str], form: str, *, last: bool) -> str:
    plural = originals[-1]
    wanted, has = Counter(PLACEHOLDER.findall(plural)), Counter(PLACEHOLDER.findall(form))
    # "One gift" and "two gifts" may be words: all forms but the last may do without one placeholder, the number.
    lost = wanted - has
    if has - wanted or (lost if last or len(originals) == 1 else lost.total() > 1):
        return f"placeholders {sorted((has - wanted) + lost)}"
    if Counter(TAG.findall(form)) != Counter(TAG.findall(plural)):
        return "tags"
    if (form.startswith("\n"), form.endswith("\n")) != (plural.startswith("\n"), plural.endswith("\n")):
        return "line breaks at the ends"
    if form != form.strip(" ") and plural == plural.strip(" "):
        return "spaces at the ends"
    return ""


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ("",))


def _wanted(message: Message, catalog: Catalog) -> int:
    return 1 if isinstance(message.id, str) else catalog.num_plurals
