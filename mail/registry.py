"""Who writes which kind of e-mail: each app says so when it starts, so that the outbox needs to know none of them."""

from __future__ import annotations

from collections.abc import Iterable

from mail.outbox import Cancel, Compose, Email, Retry

_composers: dict[str, Compose] = {}


def add(kinds: Iterable[str], composer: Compose) -> None:
    """E-mails of these kinds are written by `composer`. One kind has one writer."""
    for kind in kinds:
        if _composers.setdefault(kind, composer) is not composer:
            raise ValueError(f"letters of the kind {kind!r} have a writer already")


def compose(kind: str, key: str) -> Email | Retry | Cancel:
    """The e-mail of this kind about `key`, from whoever writes it."""
    composer = _composers.get(kind)
    return composer(kind, key) if composer else Cancel(f"there is no letter of the kind {kind!r}")
