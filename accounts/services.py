"""What happens when somebody registers, forgets a password or moves to another address.

Nothing here tells whether an address has an account: each function takes the same steps for those that have and those
that have not, and the only answer goes into an e-mail.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts import lockout
from accounts.emails import outbox
from accounts.models import User
from donations.donors import ownership
from lib.people.addresses import normalise


@sensitive_variables("password", "hashed")
def register(email: str, password: str, name: str, language: str = "") -> None:
    """Create an account that waits for its address to be verified; or write to whoever has that address."""
    hashed = make_password(password)
    email = normalise(email)
    with transaction.atomic():
        User.objects.bulk_create(
            [User(email=email, name=name, password=hashed, language=language)], ignore_conflicts=True
        )
        user = User.objects.get(email=email)
        # Whoever registers again before the address is verified may have mistyped: the last words count.
        waits = _unclaimed(pk=user.pk).update(name=name, password=hashed, language=language)
        outbox.enqueue(outbox.VERIFY if waits else outbox.KNOWN, user)


def resend(email: str) -> None:
    """Send the e-mail that verifies an address once more."""
    user = _user(email)
    if user is None:
        outbox.enqueue_decoy(outbox.VERIFY, email)
    else:
        outbox.enqueue(outbox.KNOWN if user.verified_at else outbox.VERIFY, user)


def ask_reset(email: str) -> None:
    """Send a link to set a new password."""
    user = _user(email)
    if user is None:
        outbox.enqueue_decoy(outbox.RESET, email)
    else:
        outbox.enqueue(outbox.RESET, user)


def verify(user: User) -> bool:
    """The address is proved. False when somebody was quicker with the same link."""
    if not User.objects.filter(pk=user.pk, verified_at__isnull=True).update(verified_at=timezone.now()):
        return False
    ownership.attach_guest_donations(user.pk, user.email)
    return True


@sensitive_variables("password")
def reset(user: User, password: str) -> None:
    """A new password by a mailed link, which proves the address as well. Every session ends."""
    was = user.password
    user.set_password(password)
    with transaction.atomic():
        # The link is used up by the change of the password that it is bound to: of two uses at once one counts.
        if not User.objects.filter(pk=user.pk, password=was).update(
            password=user.password, verified_at=user.verified_at or timezone.now()
        ):
            return
        ownership.attach_guest_donations(user.pk, user.email)
        outbox.enqueue(outbox.PASSWORD_CHANGED, user)
    lockout.forgive(user.email)


@sensitive_variables("password")
def change_password(user: User, password: str) -> None:
    """Every other session ends."""
    user.set_password(password)
    with transaction.atomic():
        user.save(update_fields=["password"])
        outbox.enqueue(outbox.PASSWORD_CHANGED, user)


def ask_move(user: User, email: str) -> None:
    """The account is to use another address, once that is verified. The answer goes to the new address alone."""
    email = normalise(email)
    other = User.objects.filter(email=email).first()
    if other and _unclaimed(pk=other.pk).exists():
        other = None  # made by anybody who can type: the owner of the mailbox must not be kept out by it
    with transaction.atomic():
        user.new_email = "" if other else email
        user.save(update_fields=["new_email"])
        outbox.enqueue(outbox.KNOWN if other else outbox.NEW_ADDRESS, other or user)


def move(user: User) -> bool:
    """Use the new address; the old one is told. False when the link was used, or the address was taken meanwhile."""
    old, new = user.email, user.new_email
    try:
        with transaction.atomic():
            _unclaimed(email=new).delete()
            moved = User.objects.filter(pk=user.pk, email=old, new_email=new).update(
                email=new, new_email="", previous_email=old, verified_at=timezone.now()
            )
            if not moved:
                return False
            ownership.attach_guest_donations(user.pk, new)
            user.refresh_from_db()
            outbox.enqueue(outbox.ADDRESS_CHANGED, user)
    except IntegrityError:
        return False
    return True


def _unclaimed(**who: Any) -> QuerySet[User]:
    """Accounts that anybody may have made: the address was never proved, and nobody ever signed in."""
    return User.objects.filter(verified_at__isnull=True, last_login__isnull=True, is_staff=False, is_active=True, **who)


def _user(email: str) -> User | None:
    return User.objects.filter(email=normalise(email), is_active=True).first()
