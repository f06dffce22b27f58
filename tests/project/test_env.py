"""A wrong value ends the start with one line that names the variable; a right one is read as it was meant."""

from __future__ import annotations

import re
import runpy
import sys
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.message import sanitize_address

from project import dotenv, env
from project.env import BASE_DIR
from tests.project.running import BLANK, SECRET_KEY, python

LIVE = {
    "DEBUG": "false",
    "SITE_URL": "https://give.example.org",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "EMAIL_URL": "smtp+tls://user:secret@mail.example.org:587",
}


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch):
    """The settings as a process with these variables would read them."""

    def read(**variables: str) -> dict[str, Any]:
        for name, value in (BLANK | {"SECRET_KEY": SECRET_KEY, "DEBUG": "true"} | variables).items():
            monkeypatch.setenv(name, value)
        for name in [name for name in sys.modules if name.startswith("project.conf")]:
            monkeypatch.delitem(sys.modules, name)
        return runpy.run_path(str(BASE_DIR / "project" / "settings.py"))

    return read


WRONG = {
    "SECRET_KEY": ["", "short", "$SECRET_KEY"],
    "DEBUG": ["maybe", "2"],
    "PORT": ["0", "65536", "-1", "http", "8000.0", "٨٠٠٠", "1e3"],
    "SITE_NAME": ["Tin\u200bcup", "\ufeffTincup", "Tin\u2028cup", "Tin\x07cup"],
    "SITE_URL": [
        *("localhost:8000", "ftp://give.example.org", "https://", "https://user:pass@give.example.org"),
        *("https://give.example.org/path", "https://x:99999", "https://x:abc", "https://[::1", "https://x y"),
        *("https://x?y", "https://x#y", "https://x;y", "https://bücher.example", "https://."),
    ],
    "ALLOWED_HOSTS": ["*", "https://give.example.org", "give.example.org:443", "*.example.org"],
    "TRUSTED_PROXIES": ["-1", "yes", "11", "1.5"],
    "DATABASE_URL": [
        *("nonsense", "mysql://u:p@host/name", "postgres://", "postgres://u:p@host:abc/name", "sqlite://"),
        *("sqlite:///:memory:", "sqlite://data/tincup.sqlite3", "sqlite:////", f"sqlite:///{BASE_DIR}"),
        *("postgres://u:p@host/name?sslmood=require", "postgres://u:p@host/name?pool=true"),
        *("postgres://u:p@host/name?conn_max_age=60", "postgres://u:p@host/name?atomic_requests=true"),
        *("/srv/tincup.sqlite3", "sqlite:///data/gifts#1.sqlite3"),
        *("sqlite:///data/x.sqlite3?timeout=5", "sqlite:///data/x.sqlite3?mode=ro"),
    ],
    "STRIPE_SECRET_KEY": ["pk_test_x", "whsec_x", "sk_live_x", "sk_test_a b"],
    "STRIPE_WEBHOOK_SECRET": ["secret", "whsec_a,secret"],
    "STRIPE_API_BASE": ["stripe", "https://x/y?z", "ftp://x"],
    "STRIPE_CHECKOUT_ORIGIN": ["pay.example.org", "https://pay.example.org/y", "https://pay.x;script-src *"],
    "STRIPE_ADAPTIVE_PRICING": ["maybe"],
    "SANDBOX": ["maybe"],
    "EMAIL_URL": [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "filemail://",
        "smtp+tls://u:p@host:abc",
        *("smtp+tls://u:p@host?email_use_ssl=true", "smtp://u:p@host/x", "smtp://u:p/w@host", "smtp://u:1/w@host"),
        *("smtp://u:1#w@host", "smtp://u:1?w@host", "smtps://u:p@host:587", "smtp+ssl://u:p@host:587"),
    ],
    "DEFAULT_FROM_EMAIL": [
        *("nobody", "Nobody <nobody>", "a@example.org, b@example.org", "A <a@example.org>, B <b@example.org>"),
        *("a@example.org b@example.org", "A <a@example.org", "A <a@example.org> x", "Group: a@example.org;"),
        *(
            "a@example.org, B <b@example.org>",
            "a@b@example.org",
            "A <>",
            "<<a@example.org>>",
            "a@example.org;",
            "gärten@example.org",
        ),
    ],
    "DONATION_AMOUNTS": ["a", "5;10", "0", "-5", "99999", "5.555", "1e3"],
    "DONATION_DEFAULT_AMOUNT": ["0", "x", "20000"],
    "DONATION_MIN": ["0", "x", "20000", "-1"],
    "DONATION_MAX": ["0", "x", "999999999"],
    "DONATION_CURRENCY": ["dollar", "us", "usd,eur", "£", "xau", "dem", "cup", "xxx"],
    "TIME_ZONE": ["Mars/Olympus", "../etc", "/etc/passwd", "UTC+1", "posix"],
    "LANGUAGE_CODE": ["xx", "english", "e n", "de_CH", "tr"],
    "HSTS": ["yes", "max-age=1\nX-Evil: 1"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_one_line_that_names_the_variable(settings_of, name: str, value: str) -> None:
    extra = {"SITE_URL": "https://give.example.org"} if name == "HSTS" else {}
    with pytest.raises(SystemExit) as stop:
        settings_of(**extra | {name: value})
    message = str(stop.value)
    assert message.startswith("tincup: ")
    assert name in message
    assert "\n" not in message


def test_a_language_that_nobody_translated_is_refused_with_the_list_of_those_that_there_are(settings_of) -> None:
    with pytest.raises(SystemExit, match=r"'tr', and locale/ has no finished translation into it: use .*\ben\b"):
        settings_of(LANGUAGE_CODE="tr")


def test_a_variant_of_a_language_stands_in_its_place(settings_of) -> None:
    site = settings_of(LANGUAGE_CODE="en-GB")
    assert site["LANGUAGE_CODE"] == "en-gb"
    assert "en-gb" in dict(site["LANGUAGES"])
    assert "en" not in dict(site["LANGUAGES"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "postgres://user:hunter2@host:abc/name"),
        ("DATABASE_URL", "mysql://user:hunter2@host/name"),
        ("EMAIL_URL", "smpt://user:hunter2@mail.example.org"),
        ("STRIPE_SECRET_KEY", "hunter2"),
        ("STRIPE_WEBHOOK_SECRET", "hunter2"),
        ("SECRET_KEY", "hunter2"),
        ("DATABASE_URL", "postgres//user:hunter2@host/name"),
        ("DATABASE_URL", "//user:hunter2@host/name"),
        ("SITE_URL", "https://user:hunter2@give.example.org"),
        ("STRIPE_API_BASE", "https://user:hunter2@give.example.org"),
        ("PORT", "8000STRIPE_SECRET_KEY=sk_live_hunter2"),
        ("DEBUG", "trueSTRIPE_SECRET_KEY=sk_live_hunter2"),
        ("TIME_ZONE", "UTC SECRET_KEY=hunter2"),
        ("DONATION_CURRENCY", "usd STRIPE_WEBHOOK_SECRET=whsec_hunter2"),
        ("LOG_FORMAT", "whsec_hunter2"),
    ],
)
def test_a_refusal_repeats_no_secret(settings_of, recwarn: pytest.WarningsRecorder, name: str, value: str) -> None:
    with pytest.raises(SystemExit) as stop:
        settings_of(**{name: value})
    assert "hunter2" not in str(stop.value).lower()
    assert not recwarn.list, "a warning is printed beside the one line, and may hold the password"


@pytest.mark.parametrize("typed", ["https://example.org/give", "HTTPS://example.org/give/", "http://x.org:8000//a/b"])
def test_a_site_below_a_path_is_refused_in_so_many_words(settings_of, typed: str) -> None:
    with pytest.raises(
        SystemExit, match=r"^tincup: SITE_URL ends in the path /\S+: the site cannot be served below a path"
    ):
        settings_of(SITE_URL=typed)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "EMAIL_URL"])
def test_what_a_real_site_cannot_do_without(settings_of, missing: str) -> None:
    settings_of(**LIVE)
    with pytest.raises(SystemExit, match=rf"^tincup: {missing} is missing"):
        settings_of(**LIVE | {missing: ""})


def test_the_sandbox_is_refused_beside_a_live_key(settings_of) -> None:
    with pytest.raises(SystemExit, match=r"^tincup: SANDBOX "):
        settings_of(**LIVE, SANDBOX="true")


# --- The start itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"), [("SECRET_KEY", ""), ("PORT", "http"), ("TIME_ZONE", "Mars/Olympus"), ("LANGUAGE_CODE", "xx")]
)
@pytest.mark.parametrize("module", ["project.serve", "project.prepare"])
def test_the_start_ends_with_that_line_and_nothing_else(module: str, name: str, value: str) -> None:
    result = python("-m", module, **{"SECRET_KEY": SECRET_KEY, "DEBUG": "true", name: value})
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"tincup: {name} ")
    assert result.stderr.count("\n") == 1


def test_a_database_that_does_not_answer_is_one_line_too() -> None:
    url = "postgres://user:hunter2@127.0.0.1:1/name"
    result = python("-m", "project.prepare", SECRET_KEY=SECRET_KEY, DEBUG="true", DATABASE_URL=url)
    assert result.returncode == 1
    assert result.stderr.startswith("tincup: DATABASE_URL leads to a database that does not answer: ")
    assert result.stderr.count("\n") == 1
    assert "hunter2" not in result.stderr


# --- What right values mean ------------------------------------------------------------------------------------------


def test_a_newcomer_gets_the_sandbox(settings_of) -> None:
    settings = settings_of(PORT="8123")
    assert settings["SANDBOX"] is True
    assert settings["SITE_URL"] == "http://localhost:8123"
    assert settings["STRIPE_API_BASE"] == "http://127.0.0.1:8123/sandbox"
    assert settings["ALLOWED_HOSTS"] == ["localhost", "localhost", "127.0.0.1", "[::1]"]
    assert settings["SESSION_COOKIE_SECURE"] is settings["SECURE_SSL_REDIRECT"] is False
    assert settings["HSTS"] == ""
    [secret] = settings["STRIPE_WEBHOOK_SECRETS"]
    assert secret.startswith("whsec_")
    # On a demo site in public nobody may know the secret that signs its events.
    assert settings_of(SECRET_KEY="y" * 50)["STRIPE_WEBHOOK_SECRETS"] != [secret]


def test_a_live_site(settings_of) -> None:
    settings = settings_of(**LIVE)
    assert settings["SANDBOX"] is settings["DEBUG"] is False
    assert settings["STRIPE_LIVE"] is True
    assert settings["STRIPE_API_BASE"] == "https://api.stripe.com"
    assert settings["ALLOWED_HOSTS"] == ["give.example.org"]
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://give.example.org"]
    assert settings["SESSION_COOKIE_SECURE"] is settings["CSRF_COOKIE_SECURE"] is True
    assert (settings["SESSION_COOKIE_NAME"], settings["CSRF_COOKIE_NAME"]) == ("__Host-session", "__Host-csrf")
    assert settings["HSTS"] == "max-age=31536000"
    # A redirect with no proxy that tells the scheme would loop for ever.
    assert settings["SECURE_SSL_REDIRECT"] is False
    assert "SECURE_PROXY_SSL_HEADER" not in settings
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.org", 587)
    assert settings["EMAIL_USE_TLS"] is True
    assert settings["DEFAULT_FROM_EMAIL"] == "tincup@give.example.org"


def test_a_trusted_proxy_tells_the_scheme(settings_of) -> None:
    settings = settings_of(**LIVE, TRUSTED_PROXIES="1")
    assert settings["SECURE_SSL_REDIRECT"] is True
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    "typed", ["HTTPS://Give.Example.org", "https://give.example.org/", "https://give.example.org:443"]
)
def test_however_the_address_is_typed_it_is_one_origin(settings_of, typed: str) -> None:
    settings = settings_of(**LIVE | {"SITE_URL": typed})
    assert settings["SITE_URL"] == "https://give.example.org"
    assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://give.example.org"]
    assert settings["ALLOWED_HOSTS"] == ["give.example.org"]
    assert settings["SESSION_COOKIE_SECURE"] is True


def test_an_address_in_numbers(settings_of) -> None:
    settings = settings_of(**LIVE | {"SITE_URL": "http://[::1]:8000"})
    assert settings["ALLOWED_HOSTS"] == ["[::1]"]


def test_both_webhook_secrets_count_while_one_is_replaced(settings_of) -> None:
    assert settings_of(STRIPE_WEBHOOK_SECRET=" whsec_a , whsec_b,")["STRIPE_WEBHOOK_SECRETS"] == ["whsec_a", "whsec_b"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("true", True), ("1", True), ("YES", True), ("on", True), ("0", False), ("off", False)]
)
def test_truth(settings_of, typed: str, meant: bool) -> None:
    assert settings_of(DEBUG=typed, SANDBOX="true", EMAIL_URL="consolemail://")["DEBUG"] is meant


@pytest.mark.parametrize(
    ("url", "port", "implicit", "later"),
    [
        ("smtp://mail.example.org", 25, False, False),
        ("smtp+tls://u:p@mail.example.org", 587, False, True),
        ("smtp+tls://u:p@mail.example.org:25", 25, False, True),
        ("smtps://u:p@mail.example.org", 465, True, False),
        ("smtps://u:p@mail.example.org:2465", 2465, True, False),
        ("SMTPS://u:p@mail.example.org/", 465, True, False),
        ("smtp+ssl://u:p@mail.example.org", 465, True, False),
        ("smtp+tls://u:p@mail.example.org:465", 465, True, False),
        ("smtp://u:p@mail.example.org:465", 465, True, False),
    ],
)
def test_tls_is_as_the_scheme_and_the_port_have_it(
    settings_of, url: str, port: int, implicit: bool, later: bool
) -> None:
    settings = settings_of(EMAIL_URL=url)
    assert (settings["EMAIL_PORT"], settings["EMAIL_USE_SSL"], settings["EMAIL_USE_TLS"]) == (port, implicit, later)
    assert settings["EMAIL_HOST"] == "mail.example.org"


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("filemail:///var/mail/tincup", "/var/mail/tincup"),
        ("filemail:////var/mail/tincup", "/var/mail/tincup"),
        ("filemail:///var/my%20mail", "/var/my mail"),
        ("filemail://data/mail", str(BASE_DIR / "data" / "mail")),
    ],
)
def test_letters_go_into_the_folder_that_is_named(settings_of, url: str, folder: str) -> None:
    assert settings_of(EMAIL_URL=url)["EMAIL_FILE_PATH"] == folder


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("gifts@example.org", ""),
        ("<gifts@example.org>", ""),
        ("Cats <gifts@example.org>", "Cats"),
        ("Cats: a home <gifts@example.org>", "Cats: a home"),
        ("Cats @ home <gifts@example.org>", "Cats @ home"),
        ("cats@home <gifts@example.org>", "cats@home"),
        ("gifts@example.org <gifts@example.org>", "gifts@example.org"),
        ("Cats \\ Dogs <gifts@example.org>", "Cats \\ Dogs"),
        ("Cats, Dogs & Co. (charity) <gifts@example.org>", "Cats, Dogs & Co. (charity)"),
        ('"Cats: a home" <gifts@example.org>', "Cats: a home"),
        ('The "Cats" <gifts@example.org>', 'The "Cats"'),
        ("Kätzchen: 猫 <gifts@example.org>", "Kätzchen: 猫"),
    ],
)
def test_the_senders_name_reaches_the_letter_as_it_was_typed(settings_of, typed: str, name: str) -> None:
    sender = settings_of(DEFAULT_FROM_EMAIL=typed)["DEFAULT_FROM_EMAIL"]
    sent = message_from_bytes(EmailMessage("s", "b", sender, ["x@example.org"]).message().as_bytes(), policy=SMTP)
    (address,) = sent["From"].addresses
    assert (address.display_name, address.addr_spec) == (name, "gifts@example.org")
    assert sanitize_address(sender, "utf-8").endswith("gifts@example.org>" if name else "gifts@example.org")


def test_a_dollar_sign_is_a_character(settings_of) -> None:
    assert settings_of(SECRET_KEY="$" + "x" * 49)["SECRET_KEY"] == "$" + "x" * 49


def test_sqlite_paths_are_the_projects(settings_of) -> None:
    databases = settings_of(DATABASE_URL="sqlite:///data/other.sqlite3")["DATABASES"]
    assert databases["default"]["NAME"] == str(BASE_DIR / "data/other.sqlite3")
    assert databases["sandbox"]["NAME"] == str(BASE_DIR / "data/other-sandbox.sqlite3")
    assert databases["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert settings_of(DATABASE_URL="sqlite:////srv/x.db")["DATABASES"]["default"]["NAME"] == "/srv/x.db"


@pytest.mark.parametrize(
    ("url", "host", "options"),
    [
        ("postgres://user:p%40ss@db.example.org:5433/gifts", "db.example.org", {"connect_timeout": 5}),
        ("postgresql://user:p%40ss@/gifts?host=/run/pg", "", {"connect_timeout": 5, "host": "/run/pg"}),
        ("postgres://user:p%40ss@h/gifts?sslmode=require", "h", {"connect_timeout": 5, "sslmode": "require"}),
    ],
)
def test_postgresql(settings_of, url: str, host: str, options: dict[str, Any]) -> None:
    database = settings_of(DATABASE_URL=url)["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["NAME"], database["USER"], database["PASSWORD"]) == ("gifts", "user", "p@ss")
    assert database["HOST"] == host
    assert database["OPTIONS"] == options
    assert database["CONN_HEALTH_CHECKS"] is True


def test_the_example_names_every_variable_that_is_read() -> None:
    example = (BASE_DIR / ".env.example").read_text()
    for name in BLANK.keys() - {"SHIELD"}:
        assert re.search(rf"^#?{name}=", example, re.MULTILINE), name


def test_the_example_is_a_practice_site_and_no_public_one(settings_of) -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    copied = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = settings_of(**copied)
    assert settings["SANDBOX"] is settings["DEBUG"] is True
    for public in (LIVE, {"DEBUG": "false", "SANDBOX": "true", "EMAIL_URL": "consolemail://"}):
        with pytest.raises(SystemExit, match=r"^tincup: SECRET_KEY is the one of \.env\.example"):
            settings_of(**copied | public)


def test_the_process_wins_over_the_file(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=1111\nTIME_ZONE=Europe/Zurich\n")
    monkeypatch.setenv("PORT", "8123")
    # Set first, so that what the file adds is taken back after the test.
    monkeypatch.setenv("TIME_ZONE", "")
    monkeypatch.delenv("TIME_ZONE")
    dotenv.load(file, file)
    assert env.text("PORT") == "8123"
    assert env.text("TIME_ZONE") == "Europe/Zurich"
