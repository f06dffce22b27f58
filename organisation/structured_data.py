"""What the site is, for machines that read pages: https://schema.org/DonateAction."""

from __future__ import annotations

import json

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from organisation.models import Organisation

# As django.utils.html.json_script does it: nothing that is said may end the element that holds it.
ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def donate_action(organisation: Organisation) -> SafeString:
    """JSON-LD for a `script` element of the type application/ld+json."""
    recipient = {"@type": "Organization", "name": organisation.called, "url": f"{settings.SITE_URL}/"}
    if organisation.tagline:
        recipient["description"] = organisation.tagline
    if organisation.logo_hash:
        recipient["logo"] = settings.SITE_URL + reverse("logo", args=[organisation.logo_hash])
    action = {
        "@context": "https://schema.org",
        "@type": "DonateAction",
        "name": _("Donate to %(name)s") % {"name": organisation.called},
        "recipient": recipient,
        "target": {"@type": "EntryPoint", "urlTemplate": settings.SITE_URL + reverse("donate")},
    }
    return mark_safe(json.dumps(action, ensure_ascii=False).translate(ESCAPES))  # noqa: S308
