"""Brings the catalogues in `locale` up to date, and compiles those in which nothing is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from project.catalogues import files, texts


class Command(BaseCommand):
    help = "Brings the translations in locale/ up to date with the texts, and compiles those that are complete."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("language", nargs="*", help="Only these; a language that is new gets an empty catalogue.")
        parser.add_argument("--draft", action="store_true", help="Compile what is not complete too, to look at it.")
        parser.add_argument("--missing", action="store_true", help="List what has no translation yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.LOCALE_PATHS[0])
        there = texts.for_donors()
        for language in options["language"] or files.languages(folder):
            file = files.path(folder, language)
            if not file.exists():
                try:
                    files.create(folder, language)
                except files.UnknownLanguageError:
                    raise CommandError(f"Django does not speak {language!r}: use a code like nl or pt-br.") from None
            catalog = files.update(file, there)
            lacking, faults = files.missing(catalog, there), files.faults(catalog)
            mo = file.with_suffix(".mo")
            if options["draft"] or not (lacking or faults):
                mo.write_bytes(files.compiled(catalog))
            else:
                mo.unlink(missing_ok=True)
            for line in (lacking if options["missing"] else []) + faults:
                self.stdout.write(f"  {line}")
            state = "compiled" if mo.exists() else "not offered to visitors"
            self.stdout.write(f"{language}: {len(there) - len(lacking)} of {len(there)} texts, {state}")
