"""What a donor says: the name to show, a few words, and what of it may be seen. Both may have to be read first."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from donations.models import Donation, Words
from donations.wall import placements
from donations.wall.name_check import suspicious
from organisation.models import current


def initial_state() -> Words:
    """What becomes of new words: by the organisation's setting they are read first, or shown at once."""
    return Words.WAITING if current().moderate_messages else Words.SHOWN


def initial_name_state(name: str) -> Words:
    """What becomes of a new name, by the setting MODERATE_NAMES; one that waits is "Someone" to visitors."""
    held = {"none": False, "all": bool(name), "suspicious": suspicious(name)}[settings.MODERATE_NAMES]
    return Words.WAITING if held else Words.SHOWN


def save(donation: Donation, *, name: str, message: str, public: bool, show_amount: bool) -> None:
    """Keep what the donor of this gift says. Another name and other words than before are new: they are read again."""
    with transaction.atomic():
        before = Donation.objects.select_for_update().filter(pk=donation.pk, erased_at__isnull=True).first()
        if before is None:
            return  # a page that was still open when its donor was erased
        placements.edit(
            [donation.pk],
            name=name,
            name_state=before.name_state if name == before.name else initial_name_state(name),
            message=message,
            public=public,
            show_amount=show_amount,
            words=before.words if message == before.message else initial_state(),
        )


def in_state(state: Words) -> Q:
    """The gifts whose words are in this state, or whose name is, where the donor wants it to be seen."""
    return (Q(words=state) & ~Q(message="")) | (Q(name_state=state, public=True) & ~Q(name=""))


def moderate(seen: Iterable[tuple[int, str]], state: Words) -> list[int]:
    """Show or refuse these messages (gift, the text that was read); the gifts that still said what was read."""
    done = [
        pk for pk, text in seen if Donation.objects.filter(pk=pk, message=text).exclude(message="").update(words=state)
    ]
    placements.show_anew()
    return done


def moderate_names(seen: Iterable[tuple[int, str]], state: Words) -> list[int]:
    """The same for names (gift, the name that was read)."""
    done = []
    for pk, name in seen:
        with transaction.atomic():
            stands = Donation.objects.select_for_update().filter(pk=pk, name=name).exclude(name="")
            if stands.exists():
                placements.edit([pk], name_state=state)
                done.append(pk)
    return done
