"""The machine and its surroundings: disk, backups, proxies, e-mail, the work by the clock, Django's own checks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.core.mail import EmailMessage
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from donations.jobs import scheduler
from donations.models import Chore
from lib.finding import Finding, fault, good, warning
from lib.web import unknown_proxy
from mail import transport
from mail.models import Mail
from upkeep.backup import making

LATE = timedelta(hours=1)
NIGHTLY, BY_HAND = timedelta(hours=30), timedelta(days=7)
LITTLE, NEARLY_NONE = 1_000_000_000, 100_000_000  # bytes
PRINTS_ONLY = ("console", "dummy", "filebased", "locmem")


def disk() -> Iterator[Finding]:
    folders = {settings.BACKUP_DIR} if settings.BACKUP_DIR else set()
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        folders.add(Path(str(connections[DEFAULT_DB_ALIAS].settings_dict["NAME"])).parent)
    for folder in sorted(folder for folder in folders if folder.is_dir()):
        free = shutil.disk_usage(folder).free
        said = _("%(free).1f GB are free for %(folder)s.") % {"free": free / 1e9, "folder": folder}
        remedy = _("Make room, or move it to a larger disk: a full one takes no gifts.")
        if free < NEARLY_NONE:
            yield fault("disk", said, remedy)
        elif free < LITTLE:
            yield warning("disk", said, remedy)
        else:
            yield good("disk", said)


def backup_folder() -> Iterator[Finding]:
    """Whether tonight's backup has a place to go to: known before it fails."""
    if settings.BACKUP_DIR is None:
        return
    folder: Path = settings.BACKUP_DIR
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield fault(
            "backup folder",
            _("No backup can be written to %(folder)s (BACKUP_DIR).") % {"folder": folder},
            _("Make it a folder of the user that the site runs as, or mount the disk that it is on."),
        )


def backup() -> Iterator[Finding]:
    name = "backup"
    chore = Chore.objects.filter(pk=making.JOB).first()
    if chore and chore.error:
        yield fault(
            name,
            _("The last backup failed: %(error)s") % {"error": chore.error},
            _("Mend what it names, then run manage.py backup TARGET."),
        )
    made_at = (chore.data or {}).get("made_at") if chore else None
    if made_at is None:
        yield warning(
            name,
            _("No backup has been made of this database."),
            _("Set BACKUP_DIR for one every night, or run manage.py backup TARGET."),
        )
        return
    age = timezone.now() - datetime.fromisoformat(made_at)
    said = _("The newest backup is %(age)s old.") % {"age": timesince(datetime.fromisoformat(made_at))}
    if age > (NIGHTLY if settings.BACKUP_DIR else BY_HAND):
        yield fault(name, said, _("Run manage.py backup TARGET, and look why the nightly one does not come."))
    else:
        yield good(name, said)


def proxies() -> Iterator[Finding]:
    name = "proxies"
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield warning(
            name,
            _("SITE_URL is an https address, but no proxy is trusted: every visitor seems to come from the proxy."),
            _("Set TRUSTED_PROXIES to the number of proxies before the site."),
        )
    elif unknown_proxy.seen():
        yield warning(
            name,
            _("A proxy seems to stand before the site, and none is trusted: every visitor seems to come from it."),
            _("Set TRUSTED_PROXIES to the number of proxies before the site."),
        )
    elif settings.TRUSTED_PROXIES and not settings.HTTPS:
        yield warning(
            name,
            _("A proxy is trusted, but SITE_URL is no https address: cookies are not secure."),
            _("Set SITE_URL to the https address that visitors type."),
        )
    else:
        yield good(name, _("TRUSTED_PROXIES is %(count)d.") % {"count": settings.TRUSTED_PROXIES})


def emails() -> Iterator[Finding]:
    name = "e-mail"
    kind = next((kind for kind in PRINTS_ONLY if kind in settings.EMAIL_BACKEND), "")
    old = Mail.objects.filter(state=Mail.State.WAITING, created_at__lt=timezone.now() - LATE)
    if kind and settings.STRIPE_LIVE:
        yield fault(name, _("E-mails are not sent: EMAIL_URL names no mail server."), _("Set EMAIL_URL."))
    elif waiting := old.count():
        error = old.exclude(error="").values_list("error", flat=True).last() or ""
        yield fault(
            name,
            _("%(count)d e-mails have waited for more than an hour. %(error)s") % {"count": waiting, "error": error},
            _("Look at the outbox in the admin, and try the mail server: manage.py doctor --email you@example.org."),
        )
    else:
        yield good(name, _("No e-mail has waited for more than an hour."))


def test_email(to: str) -> Iterator[Finding]:
    """Sends one, and says whether the server took it."""
    name = "test e-mail"
    message = EmailMessage(
        subject=_("%(site)s: a test") % {"site": settings.SITE_NAME},
        body=_("The site can send e-mails. Nothing needs to be done."),
        to=[to],
    )
    try:
        transport.send(message, lambda: None)
    except transport.NotSent as error:
        yield fault(
            name,
            _("The mail server did not take it: %(error)s") % {"error": error},
            _("Mend EMAIL_URL or DEFAULT_FROM_EMAIL: user, password, port and sender."),
        )
    else:
        yield good(name, _("The mail server took it. See whether it arrives, and not as spam."))


def background_work() -> Iterator[Finding]:
    name = "background work"
    late = list(Chore.objects.filter(due_at__lt=timezone.now() - LATE).values_list("name", flat=True))
    failed = list(Chore.objects.exclude(error="").exclude(pk=making.JOB).values_list("name", "error"))
    if late:
        yield fault(
            name,
            _("These jobs are late: %(names)s.") % {"names": ", ".join(map(scheduler.label, late))},
            _("Start the server (its own thread does them), or let cron run manage.py housekeeping."),
        )
    for job, error in failed:
        yield warning(
            name,
            _("%(job)s failed: %(error)s") % {"job": scheduler.label(job), "error": error},
            _("It is tried again by itself. If it stays, look at the log."),
        )
    if not late and not failed:
        yield good(name, _("Every job came round in time."))


def settings_of_django() -> Iterator[Finding]:
    """What `manage.py check --deploy` says; of a practice site, that it is one."""
    name = "settings"
    if settings.DEBUG:
        yield warning(name, _("DEBUG is on: this is a practice site."), _("Set DEBUG=false on a public one."))
    found = [each for each in checks.run_checks(include_deployment_checks=not settings.DEBUG) if not each.is_silenced()]
    for each in found:
        make = fault if each.level >= checks.ERROR else warning
        yield make(name, " ".join(each.msg.split()), " ".join((each.hint or "").split()) or each.id or "")
    if not found and not settings.DEBUG:
        yield good(name, _("Nothing in the settings is unfit for the public."))
