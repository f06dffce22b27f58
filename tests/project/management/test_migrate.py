"""`migrate` in a fresh clone: every database that the site uses, and no other when one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project.running import SECRET_KEY, python


@pytest.mark.parametrize(
    ("arguments", "files"),
    [
        ([], ["site-sandbox.sqlite3", "site.sqlite3"]),
        (["donations"], ["site.sqlite3"]),
        (["sandbox"], ["site-sandbox.sqlite3"]),
        (["--database", "default"], ["site.sqlite3"]),
    ],
)
def test_migrate_makes_the_folder_and_the_databases_it_is_about(
    tmp_path: Path, arguments: list[str], files: list[str]
) -> None:
    folder = tmp_path / "not" / "there"
    url = f"sqlite:///{folder}/site.sqlite3"
    done = python("manage.py", "migrate", *arguments, SECRET_KEY=SECRET_KEY, DEBUG="true", DATABASE_URL=url)
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in folder.glob("*.sqlite3")) == files


def test_a_site_without_the_stand_in_gets_no_tables_of_it(tmp_path: Path) -> None:
    variables = {"DEBUG": "true", "STRIPE_SECRET_KEY": "sk_test_1", "DATABASE_URL": f"sqlite:///{tmp_path}/site.db"}
    assert python("manage.py", "migrate", SECRET_KEY=SECRET_KEY, **variables).returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["site.db"]
