"""One database, one mode: practice and real money never stand in one ledger, which has no way to take them apart.

The first start decides, by its key. It is asked where the site starts, by the server's thread while it runs, and by
every command that books what Stripe says.
"""

from __future__ import annotations

from django.conf import settings

from donations.ledger import identity
from donations.models import Donation, SiteIdentity, StripeEvent

Mode = SiteIdentity.Mode
LIVE_EVENT, TEST_EVENT = (rf'"livemode":\s*{word}' for word in ("true", "false"))


class WrongMode(Exception):
    """The key is of the other mode than the database. The text names the setting, and the ways on, in one line."""


def of_key() -> Mode:
    """The mode of the key that the settings hold; the stand-in takes test keys alone."""
    return Mode.LIVE if settings.STRIPE_LIVE else Mode.TEST


def known() -> Mode:
    """The database's mode as it was decided, or as what it holds proves; UNDECIDED when nothing does."""
    return Mode(identity.row().mode) or proven()


def hold() -> Mode:
    """Decide the mode if this is the first start, and hold the key against it. Returns the mode.

    Any number of times, by several processes at once. Raises WrongMode; DatabaseError before the tables are there.
    """
    mode = Mode(identity.row().mode)
    if not mode:
        found = proven() or of_key()
        # Another process may decide at the same moment: the first one's word stands.
        SiteIdentity.objects.filter(mode=Mode.UNDECIDED).update(mode=found)
        mode = Mode(identity.row().mode)
    if mode != of_key():
        raise WrongMode(_refusal(mode))
    return mode


def proven() -> Mode:
    """What the gifts and events of a database say that has no mode yet: earlier versions did not write it down.

    Some of those took real gifts after the practice, into one database. That is real money from then on.
    """
    sessions = Donation.objects.exclude(session_id="")
    # Not by looking into the JSON: of an old site these are many, and databases are quicker. A quotation mark within
    # a donor's words has a backslash before it, so that nobody can write this.
    events = StripeEvent.objects.exclude(body="")
    if sessions.filter(session_id__startswith="cs_live_").exists() or events.filter(body__regex=LIVE_EVENT).exists():
        return Mode.LIVE
    if sessions.filter(session_id__startswith="cs_test_").exists() or events.filter(body__regex=TEST_EVENT).exists():
        return Mode.TEST
    return Mode.UNDECIDED


def _refusal(mode: Mode) -> str:
    if mode == Mode.TEST:
        return (
            "STRIPE_SECRET_KEY is a live key, but this database holds practice: name a new database in DATABASE_URL, "
            "or run `manage.py drop_practice`, which removes the practice gifts for good."
        )
    return (
        "STRIPE_SECRET_KEY is a test key or missing, but this database is of real money: use the live key, or name "
        "another database in DATABASE_URL to practise."
    )
