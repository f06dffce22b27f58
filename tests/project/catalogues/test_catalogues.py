"""The catalogues that come with the site. `make messages` says what to do where one of these fails."""

from __future__ import annotations

import pytest
from django.conf import settings

from project.catalogues import files, texts

FOLDER = settings.LOCALE_PATHS[0]
LANGUAGES = ("ar", "de", "es", "fr")


@pytest.fixture(scope="module")
def there():
    return texts.for_donors()


def test_these_are_the_languages():
    assert files.languages(FOLDER) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_for_donors_is_without_translation(language, there):
    catalog = files.read(files.path(FOLDER, language))
    missing = files.missing(catalog, there)
    assert missing == []
    assert language in dict(settings.LANGUAGES)
    assert len(catalog) == len(there), "it holds texts that are not there any more"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_placeholders_tags_and_forms_of_their_texts(language):
    catalog = files.read(files.path(FOLDER, language))
    assert files.faults(catalog) == []
    assert catalog.num_plurals == {"ar": 6, "de": 2, "es": 3, "fr": 3}[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_compiled_is_what_stands_in_the_catalogue(language):
    file = files.path(FOLDER, language)
    assert file.with_suffix(".mo").read_bytes() == files.compiled(files.read(file))
