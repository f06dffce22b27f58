"""Deleting an account: the person goes from every table, the amounts stay in the book."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django_otp import devices_for_user

from accounts import lockout
from accounts.emails import outbox
from accounts.models import User
from donations.donors import erasure
from lib.people.addresses import normalise, spellings
from mail.models import Mail

log = logging.getLogger(__name__)


class Staff(Exception):
    """The organisation's records name who did what; whoever may use the admin must first lose that right."""


class StillGives(Exception):
    """A monthly gift goes on, which nobody could stop alone once its donor is erased: it has to be stopped first."""


@dataclass(frozen=True, slots=True)
class Found:
    """What there is behind an address."""

    gifts: erasure.Found
    account: bool
    staff: bool

    @property
    def anything(self) -> bool:
        return self.account or self.gifts.gifts > 0


def look(address: str) -> Found:
    """What `erase_donor` would find."""
    user = _account(address)
    whose = erasure.of_guest(address)
    return Found(
        gifts=erasure.look(whose | Q(user=user.pk) if user else whose),
        account=user is not None,
        staff=user is not None and user.is_staff,
    )


def look_at_gift(gift: int) -> Found:
    """What `erase_gift` would find: nothing where the gift has an address or an account to be erased by."""
    return Found(gifts=erasure.look(_by_itself(gift)), account=False, staff=False)


def erase_gift(gift: int) -> int:
    """Erase the donor of one gift that has neither address nor account. Returns 1, or 0 if there is no such gift."""
    with transaction.atomic():
        return erasure.forget(_by_itself(gift), set())


def _by_itself(gift: int) -> Q:
    return Q(pk=gift, email="", user=None, erased_at=None)


def erase(user: User) -> None:
    """Delete the account and take its person out of gifts, letters, stored events and the admin's history.

    Raises Staff or StillGives.
    """
    _erase(user, {user.email} if user.verified_at else set())


def still_gives(user: User) -> bool:
    """Whether `erase` would refuse, for a monthly gift of this account goes on."""
    return bool(erasure.goes_on(_gifts(user, {user.email} if user.verified_at else set())))


def _gifts(user: User | None, proved: set[str]) -> Q:
    return reduce(or_, map(erasure.of_guest, proved), Q(user=user.pk) if user else Q(pk__in=[]))


def erase_donor(address: str) -> int:
    """Erase whoever has this address, with an account or without: somebody has made sure that they ask for it.

    Returns how many gifts they gave. Raises Staff or StillGives.
    """
    return _erase(_account(address), {normalise(address)})


def _account(address: str) -> User | None:
    return User.objects.filter(email=normalise(address)).first()


def _erase(user: User | None, proved: set[str]) -> int:
    """`proved` are addresses of which it is known that they are this person's: the gifts of guests go by them."""
    if user and user.is_staff:
        raise Staff
    # The one before was proved as well. One that the account was about to move to never was: it may be another's.
    former = {user.previous_email} - {""} if user and proved else set()
    with transaction.atomic():
        whose = _gifts(user, proved)
        if erasure.goes_on(whose):
            raise StillGives
        gifts = erasure.forget(whose, proved | former)
        if user:
            Mail.objects.filter(kind__in=outbox.KINDS, key__startswith=outbox.prefix(user)).delete()
        _leave_the_history(user, proved | former)
        for address in proved | ({user.email} if user else set()):
            lockout.forgive(address)
        for address in proved:
            # Of another account that was about to move there, or that came from there.
            User.objects.filter(new_email=address).update(new_email="")
            User.objects.filter(previous_email=address).update(previous_email="")
        number = user.pk if user else 0
        if user:
            _go(user)
    if number:
        log.info("account %d was erased, and the donor of %d gifts", number, gifts)
    else:
        log.info("a guest was erased, the donor of %d gifts", gifts)
    return gifts


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


def _leave_the_history(user: User | None, addresses: set[str]) -> None:
    """The admin notes which row was changed by its name: of a user, the address."""
    about = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)) if user else Q(pk__in=[])
    if user:
        addresses = addresses | {user.email, user.new_email} - {""}
    for written in {way for address in addresses for way in spellings(address)}:
        about |= Q(object_repr__icontains=written) | Q(change_message__icontains=written)
    LogEntry.objects.filter(about).update(object_repr=_("erased donor"), change_message="")
