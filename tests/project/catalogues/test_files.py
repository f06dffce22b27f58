"""A catalogue is made, kept up to date, looked over, and compiled once nothing is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from django.core.management import CommandError, call_command

from project.catalogues import files, texts


def catalogue(**translated: str) -> Catalog:
    made = Catalog("de")
    for text, translation in translated.items():
        made.add(text, translation)
    return made


@pytest.fixture
def two_texts(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Path:
    """A site with two texts and no translations."""
    there = Catalog()
    there.add("Donate")
    there.add(("%(n)s gift", "%(n)s gifts"))
    monkeypatch.setattr(texts, "for_donors", lambda: there)
    settings.LOCALE_PATHS = [tmp_path]
    return tmp_path


def test_a_new_catalogue_has_the_texts_and_the_rule_for_plurals_of_its_language(two_texts, capsys):
    call_command("messages", "ar")
    assert files.languages(two_texts) == ["ar"]
    assert files.read(files.path(two_texts, "ar")).num_plurals == 6
    assert "ar: 0 of 2 texts, not offered to visitors" in capsys.readouterr().out
    assert not (two_texts / "ar/LC_MESSAGES/django.mo").exists()


def test_a_catalogue_is_compiled_when_nothing_is_missing_and_not_any_more_when_something_is(two_texts, capsys):
    call_command("messages", "de")
    file = files.path(two_texts, "de")
    whole = file.read_text().replace('"Donate"\nmsgstr ""', '"Donate"\nmsgstr "Spenden"')
    file.write_text(whole.replace('[0] ""', '[0] "Eine Gabe"').replace('[1] ""', '[1] "%(n)s Gaben"'))
    call_command("messages")
    assert file.with_suffix(".mo").exists()
    file.write_text(file.read_text().replace("[1]", "[1] #").replace("[1] #", "[1]").replace("Spenden", ""))
    call_command("messages", "--missing")
    assert not file.with_suffix(".mo").exists()
    assert "  Donate\nde: 1 of 2 texts" in capsys.readouterr().out
    call_command("messages", "--draft")
    assert file.with_suffix(".mo").exists()


def test_what_is_up_to_date_is_written_as_it_was(two_texts):
    call_command("messages", "pt-br")
    file = two_texts / "pt_BR/LC_MESSAGES/django.po"
    before = file.read_bytes()
    call_command("messages")
    assert file.read_bytes() == before


def test_a_text_that_was_changed_keeps_its_translation_to_be_looked_at(two_texts):
    call_command("messages", "de")
    file = files.path(two_texts, "de")
    file.write_text(
        file.read_text().replace("Donate", "Donates").replace('Donates"\nmsgstr ""', 'Donates"\nmsgstr "Gib"')
    )
    catalog = files.update(file, texts.for_donors())
    assert catalog["Donate"].string == "Gib"
    assert "Donate" in files.missing(catalog, texts.for_donors())


def test_a_language_that_django_does_not_know_is_refused(two_texts):
    with pytest.raises(CommandError, match="'xx'"):
        call_command("messages", "xx")


@pytest.mark.parametrize(
    ("text", "translation", "fault"),
    [
        ("%(n)s gifts", "%(n)s Gaben", ""),
        ("%(n)s gifts", "Gaben", "placeholders"),
        ("%(n)s gifts", "%(m)s Gaben", "placeholders"),
        ("100 %%", "100 %%", ""),
        ("a <b>b</b>", "<b>b</b> a", ""),
        ("a <b>b</b>", "a b", "tags"),
        ("\nThanks.\n", "\nDanke.", "line breaks"),
        ("Thanks.", "Danke. ", "spaces"),
    ],
)
def test_a_translation_has_what_its_text_has(text, translation, fault):
    found = files.faults(catalogue(**{text: translation}))
    assert len(found) == bool(fault)
    assert fault in "".join(found)


@pytest.mark.parametrize(
    ("forms", "good"),
    [
        (("Ein %(what)s", "%(n)s %(what)s"), True),
        (("Eine", "%(n)s %(what)s"), False),
        (("Ein %(what)s", "Viele %(what)s"), False),
    ],
)
def test_only_the_number_may_be_missing_and_only_where_it_is_one_number(forms, good):
    made = Catalog("de")
    made.add(("%(n)s %(what)s", "%(n)s %(what)ss"), forms)
    assert (files.faults(made) == []) is good
