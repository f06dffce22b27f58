"""`.env` as people and their editors write it: understood, or refused by line and name, and no value is ever shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project import dotenv
from project.env import BASE_DIR
from tests.project.running import SECRET_KEY

EXAMPLE = BASE_DIR / ".env.example"


@pytest.fixture(autouse=True)
def _the_process_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {})


def added() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}


def read(folder: Path, content: str | bytes) -> dict[str, str]:
    """What a file with this content adds to an empty environment."""
    file = folder / ".env"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.environ.clear()
    dotenv.load(file, EXAMPLE)
    return added()


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("DEBUG=false", "false"),
        ("DEBUG = false", "false"),
        ("  DEBUG\t=\tfalse  ", "false"),
        ("export DEBUG=false", "false"),
        ("DEBUG=false # on a public site", "false"),
        ("DEBUG=false\t# on a public site", "false"),
        ('DEBUG="false"', "false"),
        ("DEBUG = 'false'  # so", "false"),
        ("DEBUG=", ""),
        ("DEBUG=   ", ""),
        ("DEBUG= # later", ""),
        ("DEBUG=# later", ""),
        ("DEBUG=#a1", "#a1"),
        ("DEBUG=a#b", "a#b"),
        ('DEBUG="a # b"', "a # b"),
        ("DEBUG='a\" # b'", 'a" # b'),
        (r'DEBUG="a\"b\\c\n"', r'a"b\c\n'),
        (r"DEBUG=a\b$c", r"a\b$c"),
        ("DEBUG=a=b==", "a=b=="),
        ("DEBUG=it's", "it's"),
        ("\n\n# a word\n  # another\nDEBUG=false\n\n", "false"),
        ("DEBUG=true\nDEBUG=false", "false"),
    ],
)
def test_a_line_means_what_its_writer_meant(tmp_path: Path, line: str, value: str) -> None:
    assert read(tmp_path, line) == {"DEBUG": value}


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffDEBUG=false\nSITE_NAME=Café\n".encode(),
        "\ufeffDEBUG=false\r\nSITE_NAME=Café\r\n".encode("utf-16-le"),
        "\ufeffDEBUG=false\nSITE_NAME=Café".encode("utf-16-be"),
        "DEBUG=false\rSITE_NAME=Café\r".encode(),
    ],
    ids=["UTF-8 with a mark", "UTF-16 of Windows", "UTF-16, big end first", "an old Mac's line endings"],
)
def test_the_editors_marks_and_line_endings_do_not_matter(tmp_path: Path, content: bytes) -> None:
    assert read(tmp_path, content) == {"DEBUG": "false", "SITE_NAME": "Café"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("DEBUG=true\nSTRIPE_SECRET_KEY hunter2", "line 2 (STRIPE_SECRET_KEY) is not NAME=value"),
        ("stripe_secret_key: hunter2", "line 1 (STRIPE_SECRET_KEY) is not NAME=value"),
        ("\nhunter2", "line 2 is not NAME=value"),
        ("hunter2 = x y", None),
        ("1hunter2=x", "line 1 is not NAME=value"),
        ('SECRET_KEY="hunter2', "line 1 (SECRET_KEY) has a quote"),
        ("SECRET_KEY='hunter2'x", "line 1 (SECRET_KEY) has a quote"),
        ("SECRET_KEY='hun'ter2'", "line 1 (SECRET_KEY) has a quote"),
        ("\nSECRETKEY=hunter2", "line 2 sets SECRETKEY, which nothing reads: SECRET_KEY is meant?"),
        ("STRIPE_SECRETKEY=hunter2", "STRIPE_SECRET_KEY is meant?"),
        ("STRIPE_WEBHOOK_SECRETS=hunter2", "STRIPE_WEBHOOK_SECRET is meant?"),
        ("DATABASE_URI=hunter2", "DATABASE_URL is meant?"),
        ("debug=hunter2", "DEBUG is meant?"),
        ("DEUBG=hunter2", "DEBUG is meant?"),
        ("POTR=hunter2", "PORT is meant?"),
        ("DJANGO_SECRET_KEY=hunter2", "SECRET_KEY is meant?"),
        ("TINCUP_DEBUG=hunter2", "DEBUG is meant?"),
        ("STRIPE_KEY=hunter2", "STRIPE_SECRET_KEY is meant?"),
        ("STRIPE_API_KEY=hunter2", "STRIPE_SECRET_KEY is meant?"),
        ("CURRENCY=hunter2", "DONATION_CURRENCY is meant?"),
        ("SECRET=hunter2", "SECRET_KEY is meant?"),
        ("DB_URL=hunter2", "DATABASE_URL is meant?"),
        ("EMAIL_HOST_PASSWORD=hunter2", "EMAIL_URL is meant?"),
        ("SMTP_HOST=hunter2", "EMAIL_URL is meant?"),
        ("PORT=8000STRIPE_SECRET_KEY=hunter2", "line 1 (PORT) holds STRIPE_SECRET_KEY as well: give each a line"),
        ("SITE_NAME=Cats SECRET_KEY=hunter2", "line 1 (SITE_NAME) holds SECRET_KEY as well: give each a line"),
        ("EMAIL_URL=x\nSITE_NAME=hunter2\x00", "line 2 holds a control character"),
        ("DEBUG=true\nSITE_NAME=hunter2é".encode("latin-1"), "line 2 holds a character that is not UTF-8"),
        ("DEBUG=true\r\nSITE_NAME=hunter2é".encode("cp1252"), "line 2 holds a character that is not UTF-8"),
        ("DEBUG=hunter2".encode("utf-16-le"), "line 1 holds a control character"),
    ],
)
def test_what_is_not_understood_is_refused_by_line_and_name(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: str | bytes, said: str | None
) -> None:
    if said is None:
        read(tmp_path, content)
        return
    with pytest.raises(SystemExit) as stop:
        read(tmp_path, content)
    message = str(stop.value)
    assert message.startswith("tincup: .env line ")
    assert said in message
    assert "\n" not in message
    assert "hunter2" not in message + "".join(capfd.readouterr())
    assert added() == {}, "nothing of such a file counts"


@pytest.mark.parametrize(
    "name", ["PGPORT", "PGHOST", "HTTPS_PROXY", "HOST", "TZ", "DJANGO_SUPERUSER_EMAIL", "SENTRY_DSN"]
)
def test_other_programs_variables_may_stand_there(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, f"{name}=x") == {name: "x"}


def test_no_known_name_is_taken_for_another(tmp_path: Path) -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if "=" in line and not line.startswith("# ")]
    assert len(read(tmp_path, "\n".join(line.removeprefix("#") for line in lines))) == len(lines)


def test_no_file_is_no_mistake_and_one_that_cannot_be_read_is(tmp_path: Path) -> None:
    dotenv.load(tmp_path / "nothing", EXAMPLE)
    (tmp_path / ".env").mkdir()
    with pytest.raises(SystemExit, match=r"^tincup: \.env cannot be read: Is a directory\.$"):
        dotenv.load(tmp_path / ".env", EXAMPLE)


def test_without_the_example_no_name_is_doubted(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("SECRETKEY=x")
    dotenv.load(file, tmp_path / "nothing")
    assert added() == {"SECRETKEY": "x"}


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60))
def test_a_quoted_value_is_taken_to_the_letter(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    if "'" not in value:
        assert read(folder, f"SITE_NAME = '{value}' # a word")["SITE_NAME"] == value


@given(st.binary(max_size=80))
def test_no_file_at_all_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    said = ""
    try:
        read(tmp_path_factory.getbasetemp(), content + SECRET_KEY.encode())
    except SystemExit as stop:
        said = str(stop)
    assert "\n" not in said
    assert SECRET_KEY not in said
