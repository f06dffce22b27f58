"""What a donor says: the name to show, a few words, and what of it may be seen. Words may have to be read first."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from donations.models import Donation, Words
from donations.wall import placements
from organisation.models import current


def initial_state() -> Words:
    """What becomes of new words: by the organisation's setting they are read first, or shown at once."""
    return Words.WAITING if current().moderate_messages else Words.SHOWN


def save(donation: Donation, *, name: str, message: str, public: bool, show_amount: bool) -> None:
    """Keep what the donor of this gift says. Other words than before are new words: they are read again."""
    with transaction.atomic():
        before = Donation.objects.select_for_update().filter(pk=donation.pk, erased_at__isnull=True).first()
        if before is None:
            return  # a page that was still open when its donor was erased
        placements.edit(
            [donation.pk],
            name=name,
            message=message,
            public=public,
            show_amount=show_amount,
            words=before.words if message == before.message else initial_state(),
        )


def moderate(seen: Iterable[tuple[int, str]], state: Words) -> int:
    """Show or refuse these messages (gift, the text that was read); how many still said what was read."""
    return sum(
        Donation.objects.filter(pk=pk, message=text).exclude(message="").update(words=state) for pk, text in seen
    )
