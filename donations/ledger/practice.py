"""Throws the practice away, so that one database can be tried and then go live: all of it or nothing.

The one way around the guards of the ledger, and closed for ever once the money is real.
"""

from __future__ import annotations

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from donations.ledger import append_only, mode
from donations.ledger.donor_emails import EmailKind
from donations.ledger.subscription_emails import SubscriptionEmail
from donations.models import Level, ReceiptCounter, Shield, SiteIdentity, Sponsor, StripeKey
from mail.models import Mail

# What people have set up; every other table of this app holds gifts, or what came of them.
KEPT: tuple[type[Model], ...] = (Level, Sponsor, SiteIdentity, Shield)


class NotPractice(Exception):
    """The database is of real money: nothing was removed."""


def refuse_live() -> None:
    """Raises NotPractice where the database is of real money, or nothing tells and the key is a live one."""
    if (mode.known() or mode.of_key()) == mode.Mode.LIVE or mode.proven() == mode.Mode.LIVE:
        raise NotPractice


def counts() -> dict[str, int]:
    """How many rows of what `drop` would remove, by the name that people call it; what there is none of is left out."""
    counted = [model for model in _emptied() if model not in (ReceiptCounter, StripeKey)]
    found = {str(model._meta.verbose_name_plural): model._default_manager.count() for model in counted}
    found |= {_("letters about gifts"): _emails().count(), _("entries of the staff’s log"): _log().count()}
    return {name: count for name, count in found.items() if count}


def drop() -> None:
    """Remove the practice, and make the database one of real money. Raises NotPractice.

    One transaction, the ledger's guards included: whoever is killed in the middle has removed nothing. Numbers of gifts
    go on where they were: nothing that names a practice gift (a bookmark, a letter) may lead to a real one.
    """
    with transaction.atomic():
        # Under the lock of this row nobody decides otherwise meanwhile.
        SiteIdentity.objects.select_for_update().get()
        refuse_live()
        append_only.drop()
        _emails().delete()
        _log().delete()
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            # Not by the ORM, which has no DELETE for an append-only table. Foreign keys are looked at below.
            for model in _emptied():
                cursor.execute(f"DELETE FROM {model._meta.db_table}")  # noqa: S608 (a name of our own)
        connections[DEFAULT_DB_ALIAS].check_constraints()
        append_only.make()
        SiteIdentity.objects.update(mode=mode.Mode.LIVE)


def tidy() -> None:
    """Rewrite an SQLite file, so that nothing of the practice is left between its pages. Raises DatabaseError.

    Elsewhere the database does that by itself.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _emptied() -> list[type[Model]]:
    models = apps.get_app_config("donations").get_models()
    return [model for model in models if model not in KEPT and not model._meta.proxy]


def _emails() -> QuerySet[Mail]:
    return Mail.objects.filter(kind__in=[*EmailKind, *SubscriptionEmail])


def _log() -> QuerySet[LogEntry]:
    """What the staff did to gifts. Levels and sponsors stay, and what was done to them."""
    kept = [model._meta.model_name for model in KEPT]
    return LogEntry.objects.filter(content_type__app_label="donations").exclude(content_type__model__in=kept)
