"""All checks, one after the other. One that breaks is a finding too, and keeps none of the others from their turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.db import DatabaseError
from django.utils.translation import gettext as _

from lib.finding import Finding, Level, fault
from upkeep.doctor import database, machine, stripe_side

Check = Callable[[], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    database.migrations,
    database.guards,
    database.options,
    stripe_side.key,
    stripe_side.clock,
    stripe_side.events,
    machine.background_work,
    machine.backup_folder,
    machine.backup,
    machine.disk,
    machine.emails,
    machine.proxies,
    machine.settings_of_django,
)
# Not for a page that anybody on the desk may open as often as they like: it opens a payment page at Stripe.
THOROUGH = (*CHECKS, stripe_side.account)


def examine(checks: tuple[Check, ...] = CHECKS) -> list[Finding]:
    """What every check found, the good included. Those of CHECKS ask Stripe for no more than the time."""
    found: list[Finding] = []
    for check in checks:
        try:
            found += check()
        except DatabaseError as error:
            found.append(_no_answer(error))
        except OSError as error:
            found.append(_kept_out(error))
    # Without its database each of them would say the same.
    return list(dict.fromkeys(found))


def _no_answer(error: DatabaseError) -> Finding:
    return fault(
        "database",
        _("The database did not answer: %(error)s") % {"error": " ".join(str(error).split())},
        _("Start it, look at DATABASE_URL, and run manage.py migrate."),
    )


def _kept_out(error: OSError) -> Finding:
    return fault(
        "files",
        _("%(file)s could not be looked at: %(error)s.") % {"file": error.filename, "error": error.strerror},
        _("Let the user that the site runs as, and that runs this, into it."),
    )


def worst(found: list[Finding]) -> Level:
    levels = list(Level)
    return max((each.level for each in found), key=levels.index, default=Level.OK)
