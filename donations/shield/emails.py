"""What the staff are told when an alarm begins."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from donations.donors import email_templates
from donations.models import Alarm
from donations.shield import alarm
from mail.outbox import Cancel, Email

KINDS = (alarm.EMAIL,)


def compose(kind: str, key: str) -> Email | Cancel:
    """The e-mail about an alarm to one of the staff; `key` names both."""
    number, _dash, user_id = key.partition("-")
    rang = Alarm.objects.filter(pk=number).first()
    user = get_user_model()._default_manager.filter(pk=user_id, is_active=True, is_staff=True).first()
    if rang is None or user is None:
        return Cancel("there is nobody to write to, or nothing to write about")
    with translation.override(settings.LANGUAGE_CODE):
        if rang.by:
            why = _("%(who)s rang the alarm by hand.") % {"who": rang.by}
        else:
            why = _(
                "%(declined)d cards were declined on your payment pages within an hour, and %(paid)d paid: somebody "
                "is probably trying stolen cards."
            ) % {"declined": rang.declined, "paid": rang.paid}
        return email_templates.letter(
            user.email,
            _("Cards are being tested on your site"),
            " ".join(
                [
                    why,
                    _("Each address may open fewer payment pages now, and donors may be asked to wait a minute."),
                    _("It ends by itself when it is over.") if not rang.by else _("It goes on until a hand ends it."),
                ]
            ),
            link=f"{settings.SITE_URL}{reverse('admin:donations_shield_changelist')}",
            says=_("Look at the shield"),
            after=_("Gifts of strangers’ cards that paid come back as disputes: refund them before that."),
        )
