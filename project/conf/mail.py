"""The mail server, and whom its e-mails are from."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from project import env
from project.conf.site import DEBUG, SITE_HOST
from project.env import refuse

IMPLICIT_TLS = 465  # TLS from the first byte on, whatever the URL calls it (RFC 8314)


def _server(value: str) -> dict[str, Any]:
    """django-environ's reading of a URL like smtp+tls://user:password@host:587. The value is never shown."""
    if value == "":
        refuse("EMAIL_URL", "is missing: set your mail server, like smtp+tls://user:password@mail.example.org:587.")
    try:
        config: dict[str, Any] = dict(env.env.email_url_config(value))
    except Exception:
        config = {}
    scheme, _, rest = value.lower().partition("://")
    smtp = scheme.startswith("smtp")
    if not config.get("EMAIL_BACKEND") or (smtp and not config["EMAIL_HOST"]):
        refuse("EMAIL_URL", "cannot be read: use smtp+tls://user:password@mail.example.org:587 or consolemail://.")
    if smtp and re.search(r"[?#]|/.", rest):
        refuse("EMAIL_URL", "goes on behind the host: write %3F, %23 and %2F for ?, # and / in user and password.")
    if scheme == "filemail":
        # Without its first slash, an absolute path would be one below whatever folder the site was started in.
        folder = re.sub("^/+", "/", unquote(value.partition("://")[2]))
        if not folder:
            refuse("EMAIL_URL", "names no folder: use filemail:///var/mail/tincup.")
        config["EMAIL_FILE_PATH"] = str(env.BASE_DIR / folder)
    port = config["EMAIL_PORT"] or {"smtp": 25, "smtp+tls": 587}.get(scheme, IMPLICIT_TLS)
    if scheme in {"smtps", "smtp+ssl"} and port == 587:
        refuse("EMAIL_URL", f"asks for TLS from the first byte ({scheme}) on port 587: use smtp+tls://, or port 465.")
    implicit = smtp and (scheme in {"smtps", "smtp+ssl"} or port == IMPLICIT_TLS)
    return config | {
        "EMAIL_PORT": port,
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": scheme == "smtp+tls" and not implicit,
    }


def _sender(value: str) -> str:
    """An address, or `Name <address>`, with the name quoted if a mail program would take it apart."""
    name, bracket, address = value.rpartition("<")
    address = address.strip() if not bracket else address.strip().removesuffix(">").strip()
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if (
        (bracket and not value.endswith(">"))
        or not re.fullmatch(r"[^@\s<>()\[\],;:\\\"]+@[^@\s<>()\[\],;:\\\"]+", address)
        or re.search(r"[<>]", name)
        or re.search(r"\S@\S.*[,;]|[,;].*\S@\S", name)
    ):
        refuse(
            "DEFAULT_FROM_EMAIL",
            f"is {env.shown(value)}: use one address, like gifts@example.org or Tincup <gifts@example.org>.",
        )
    if not address.rpartition("@")[0].isascii():
        refuse("DEFAULT_FROM_EMAIL", "holds a letter beyond ASCII before the @, which mail servers do not take.")
    if name and not re.fullmatch(r"[\w '-]+", name):
        name = '"' + re.sub(r'(["\\])', r"\\\1", name) + '"'
    return f"{name} <{address}>" if name else address


_mail = _server(env.text("EMAIL_URL") or ("consolemail://" if DEBUG else ""))
EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH: str = _mail.get("EMAIL_FILE_PATH") or ""
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"] or "", _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
_from = env.text("DEFAULT_FROM_EMAIL")
DEFAULT_FROM_EMAIL = _sender(_from) if _from else f"tincup@{SITE_HOST}"
