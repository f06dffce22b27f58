"""Deleting an account: the person goes from every table, the amounts stay in the book."""

from __future__ import annotations

import logging

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django_otp import devices_for_user

from accounts import lockout
from accounts.emails import outbox
from accounts.models import User
from donations.donors import erasure, ownership
from mail.models import Mail

log = logging.getLogger(__name__)


class Staff(Exception):
    """The organisation's records name who did what; whoever may use the admin must first lose that right."""


def erase(user: User) -> None:
    """Delete the account and take its person out of gifts, letters, stored events and the admin's history."""
    if user.is_staff:
        raise Staff
    addresses = {address for address in (user.email, user.new_email, user.previous_email) if address}
    with transaction.atomic():
        if user.verified_at:
            ownership.attach_guest_donations(user.pk, user.email)
        gifts = erasure.forget(user.pk, addresses if user.verified_at else set())
        Mail.objects.filter(kind__in=outbox.KINDS, key__startswith=outbox.prefix(user)).delete()
        _leave_the_history(user, addresses)
        lockout.forgive(user)
        number = user.pk
        _go(user)
    log.info("account %d was erased, and the donor of %d gifts", number, gifts)


def _go(user: User) -> None:
    """Delete the row; of somebody who once worked in the admin, leave one without a person.

    The admin's history hangs on it and would be deleted with it: who refunded a gift is the organisation's record.
    """
    if not LogEntry.objects.filter(user=user).exists():
        user.delete()
        return
    nobody = User(pk=user.pk, email=f"erased-{user.pk}@invalid", is_active=False, date_joined=user.date_joined)
    nobody.last_login = user.last_login or user.date_joined  # not one of those that nobody ever used, and that go
    nobody.set_unusable_password()
    nobody.save(force_update=True)
    nobody.groups.clear()
    nobody.user_permissions.clear()
    for device in devices_for_user(nobody, confirmed=None):
        device.delete()


def _leave_the_history(user: User, addresses: set[str]) -> None:
    """The admin notes which row was changed by its name: of a user, the address."""
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
    for address in addresses:
        about |= Q(object_repr__icontains=address) | Q(change_message__icontains=address)
    LogEntry.objects.filter(about).update(object_repr=_("erased donor"), change_message="")
