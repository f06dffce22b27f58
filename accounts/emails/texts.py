"""What the e-mails about accounts say. Composed when they are sent: no link is kept anywhere."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.emails import links, outbox
from accounts.emails.links import Purpose
from accounts.models import User
from donations.donors import email_templates
from lib import languages
from mail.outbox import Cancel, Email

GONE = Cancel("there is nobody to write to")
DONE = Cancel("it is done already")


def compose(kind: str, key: str) -> Email | Cancel:
    """The e-mail of this kind to the user that `key` names."""
    user = outbox.user_of(key)
    if user is None:
        return GONE
    with translation.override(languages.of(user.language)):
        match kind:
            case outbox.VERIFY:
                return _verify(user)
            case outbox.KNOWN:
                return _known(user)
            case outbox.RESET:
                return _reset(user)
            case outbox.NEW_ADDRESS:
                return _new_address(user)
            case outbox.ADDRESS_CHANGED:
                return _address_changed(user)
            case outbox.PASSWORD_CHANGED:
                return _password_changed(user)
    return Cancel(f"there is no letter of the kind {kind!r}")


def _verify(user: User) -> Email | Cancel:
    if user.verified_at:
        return DONE
    return email_templates.letter(
        user.email,
        _("Confirm your e-mail address"),
        _("Somebody, hopefully you, created an account with this address. Confirm it within an hour, and it’s yours."),
        link=links.make(Purpose.VERIFY, user),
        says=_("Confirm this address"),
        after=_(
            "If it wasn’t you, do nothing: without the password the account stays closed, and it is deleted in a week."
        ),
    )


def _known(user: User) -> Email:
    return email_templates.letter(
        user.email,
        _("You already have an account"),
        _("Somebody, perhaps you, tried to use this address for an account. It already has one."),
        link=_page("login"),
        says=_("Log in"),
        after=_(
            "Forgot your password? You can set a new one there. If it wasn’t you, do nothing: nothing was changed."
        ),
    )


def _reset(user: User) -> Email:
    return email_templates.letter(
        user.email,
        _("Set a new password"),
        _("Somebody, hopefully you, asked for a new password for this address. The link works once, for an hour."),
        link=links.make(Purpose.RESET, user),
        says=_("Set a new password"),
        after=_("If it wasn’t you, do nothing: your password stays as it is."),
    )


def _new_address(user: User) -> Email | Cancel:
    if not user.new_email:
        return DONE
    return email_templates.letter(
        user.new_email,
        _("Confirm your new e-mail address"),
        _("You asked to use this address for your account. Confirm it within an hour."),
        link=links.make(Purpose.NEW_ADDRESS, user),
        says=_("Use this address"),
        after=_("If it wasn’t you, do nothing: nothing was changed."),
    )


def _address_changed(user: User) -> Email | Cancel:
    if not user.previous_email:
        return GONE
    return email_templates.letter(
        user.previous_email,
        _("Your account has a new e-mail address"),
        _("Your account no longer uses this address. E-mails now go to the new one, which has been confirmed."),
        after=_("If it wasn’t you, reply to this e-mail at once: somebody knows your password."),
    )


def _password_changed(user: User) -> Email:
    return email_templates.letter(
        user.email,
        _("Your password was changed"),
        _("Your account’s password was changed, and you were logged out everywhere else."),
        link=_page("ask_reset"),
        says=_("It wasn’t me: set a new password"),
    )


def _page(name: str) -> str:
    return f"{settings.SITE_URL}{reverse(name)}"
