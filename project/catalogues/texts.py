"""Collects what donors and visitors may read: the texts that a catalogue has to hold.

Read with Babel and Python's own parser, so that neither working on a translation nor the tests need gettext's programs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

from project.env import BASE_DIR

CODE = ("accounts", "donations", "lib", "organisation", "pages", "project")
PLAIN = {"gettext", "gettext_lazy", "gettext_noop", "_"}
PLURAL = {"ngettext", "ngettext_lazy"}
CONTEXT = {"pgettext", "pgettext_lazy"}
# What Django's templatize writes, and which arguments are the text, the context ("c") and the plural.
IN_TEMPLATES = {
    "gettext": None, "_": None, "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip

# Read by the staff or by operators alone, in English: whatever is not named here is for donors.
STAFF = (
    *("accounts/admin.py", "accounts/apps.py", "accounts/models.py", "accounts/staff"),
    *("donations/jobs", "donations/ledger/practice.py", "donations/models"),
    *("donations/stripe", "project/management"),
    *("organisation/admin.py", "organisation/forms.py", "organisation/images.py", "organisation/models.py"),
    *("templates/admin", "templates/sandbox"),
)
# Classes in a staff file whose texts are for donors: a receipt says how a gift came, an account what moved its money.
DONORS_TOO = {"donations/models/ledger.py": "Kind", "donations/models/offline_donation.py": "Method"}

Found = tuple[str | tuple[str, str], str | None]  # the text, or a singular and its plural; and its context


def for_donors() -> Catalog:
    """A catalogue without translations, of every text that somebody may read who gives or looks around."""
    catalog = Catalog(project="Tincup")
    for file in files():
        for text, context in _in(file):
            catalog.add(text, locations=[(str(file.relative_to(BASE_DIR)), 0)], context=context)
    return catalog


def files() -> list[Path]:
    """The files that are for donors, or hold something that is."""
    code = [file for folder in CODE for file in (BASE_DIR / folder).rglob("*.py") if "migrations" not in file.parts]
    templates = [file for end in ("html", "txt") for file in (BASE_DIR / "templates").rglob(f"*.{end}")]
    return sorted(file for file in code + templates if not _of_staff(file) or _name(file) in DONORS_TOO)


def _in(file: Path) -> Iterator[Found]:
    source = file.read_text()
    if file.suffix != ".py":
        return in_template(source)
    tree: ast.AST = ast.parse(source)
    if only := DONORS_TOO.get(_name(file)):
        tree = next(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == only)
    return in_code(tree)


def in_code(tree: ast.AST) -> Iterator[Found]:
    """Every text that code marks by one of gettext's names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if name in PLAIN and words:
                yield words[0], None
            elif name in PLURAL and len(words) > 1:
                yield (words[0], words[1]), None
            elif name in CONTEXT and len(words) > 1:
                yield words[1], words[0]


def in_template(source: str) -> Iterator[Found]:
    """Every text that a template marks, spelled as Django looks it up."""
    # What Django makes of a template is calls among rows of X: without its indentation, tokens of Python.
    lines = "\n".join(line.strip() for line in templatize(source).splitlines())
    found: Iterable[Any] = extract_python(BytesIO(f"{lines}\n".encode()), IN_TEMPLATES, [], {"encoding": "utf-8"})
    for _line, name, messages, _comments in found:
        words = [word for word in ((messages,) if isinstance(messages, str) else messages) if word]
        context = words.pop(0) if name in {"pgettext", "npgettext"} else None
        if words:
            yield (words[0], words[1]) if name in {"ngettext", "npgettext"} else words[0], context


def _name(file: Path) -> str:
    return str(file.relative_to(BASE_DIR))


def _of_staff(file: Path) -> bool:
    return any(_name(file) == path or _name(file).startswith(f"{path}/") for path in STAFF)
