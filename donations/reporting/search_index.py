"""Finds donations by name or address, through an index that knows the words of each (SearchWord).

The words are written a moment after the donation, by the jobs, and not in the transaction of a payment; whoever looks
before that has the newest ones written first. So an upgrade of a million donations holds nobody up either: what is not
indexed yet is looked through, as slowly as before there was an index.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from donations.models import FOUND_BY, Donation, SearchWord
from lib.people import search_words
from lib.people.addresses import searched

AT_ONCE = 500  # donations in one transaction
A_ROUND = 10  # of these, in one round of the jobs
# Words that more donations have are not worth collecting: a walk over the donations soon meets enough of them.
COMMON = 50_000
LAST = "\U0010ffff"  # above every letter


def catch_up() -> int:
    """Index what is new or was changed; returns how many donations that were."""
    done = 0
    for _ in range(A_ROUND):
        done += (some := index_newest())
        if some < AT_ONCE:
            break
    return done


def index_newest() -> int:
    """Index the newest donations that are due; returns how many. Those that somebody else is writing have time."""
    waiting = Donation.objects.filter(to_index=True)
    if not waiting.exists():
        return 0
    with transaction.atomic(savepoint=False):
        rows = waiting.select_for_update(skip_locked=True).order_by("-pk").values("pk", *FOUND_BY)[:AT_ONCE]
        wanted = {row["pk"]: _words_of(row) for row in rows}
        forget(wanted)
        SearchWord.objects.bulk_create(
            (SearchWord(donation_id=pk, word=word) for pk, words in wanted.items() for word in sorted(words)),
            batch_size=2000,
        )
        Donation.objects.filter(pk__in=list(wanted)).update(to_index=False)
    return len(wanted)


def forget(donations: Iterable[int]) -> None:
    """Take the words of these donations away, in the caller's transaction."""
    keys = list(donations)
    SearchWord.objects.filter(donation__in=keys).delete()


def named(donations: QuerySet[Donation], text: str) -> QuerySet[Donation]:
    """Those whose names and address have a word that begins with each word of the text."""
    if not text.strip():
        return donations
    ways = search_words.asked(text)
    if not ways:
        return donations.none()
    index_newest()
    if Donation.objects.filter(to_index=True).exists():
        indexed = Q(to_index=False) & _any(ways)
        return donations.filter(indexed | (Q(to_index=True) & _looked_through(text)))
    return donations.filter(_any(ways))


def _words_of(row: dict[str, str]) -> set[str]:
    names = search_words.of_name(row["name"]) | search_words.of_name(row["payer_name"])
    return names | search_words.of_address(row["email"])


def _any(ways: list[set[str]]) -> Q:
    found = Q()
    for way in ways:
        found |= _all(way)
    return found


def _all(beginnings: set[str]) -> Q:
    """Begins with the rarest: the others are only asked of the donations that it leads to."""
    first, least = "", COMMON + 1
    # A long beginning is a rare one; of the others it is enough to know that they are no rarer.
    for beginning in sorted(beginnings, key=lambda one: (-len(one), one)):
        if (number := _have(beginning)[:least].count()) < least or not first:
            first, least = beginning, number
    condition = Q()
    if least <= COMMON or len(beginnings) > 1:
        condition = Q(pk__in=_have(first).values("donation_id"))
        beginnings = beginnings - {first}
    for beginning in sorted(beginnings):
        condition &= Q(Exists(_have(beginning).filter(donation=OuterRef("pk"))))
    return condition


def _have(beginning: str) -> QuerySet[SearchWord]:
    return SearchWord.objects.filter(word__gte=beginning, word__lt=beginning + LAST)


def _looked_through(text: str) -> Q:
    condition = Q()
    for word in text.split():
        condition &= Q(email__icontains=searched(word)) | Q(name__icontains=word) | Q(payer_name__icontains=word)
    return condition
