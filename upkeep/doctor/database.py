"""The database: its tables, the guards of the ledger, and the options that keep gifts."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from donations.ledger import append_only
from lib.finding import Finding, fault, good, warning

MIGRATE = "manage.py migrate"
# What PostgreSQL itself calls unsafe to turn off: https://www.postgresql.org/docs/current/runtime-config-wal.html
MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")


def migrations() -> Iterator[Finding]:
    name = "migrations"
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        yield fault(
            name,
            _("%(count)d migrations are missing.") % {"count": len(plan)},
            _("Run %(command)s.") % {"command": MIGRATE},
        )
    else:
        yield good(name, _("The tables are up to date."))


def guards() -> Iterator[Finding]:
    name = "ledger guards"
    if missing := append_only.missing():
        yield fault(
            name,
            _("The ledger can be edited: the triggers %(names)s are missing.") % {"names": ", ".join(missing)},
            _("Run %(command)s: it puts them back.") % {"command": MIGRATE},
        )
    else:
        yield good(name, _("The database itself refuses changes of the ledger."))


def options() -> Iterator[Finding]:
    if connections[DEFAULT_DB_ALIAS].vendor == "sqlite":
        yield from _sqlite()
    else:
        yield from _postgresql()


def _sqlite() -> Iterator[Finding]:
    name = "database options"
    connection = connections[DEFAULT_DB_ALIAS]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        (journal,) = cursor.fetchone()
        cursor.execute("PRAGMA synchronous")
        (synchronous,) = cursor.fetchone()
    if (journal, synchronous) != ("wal", 2):
        yield fault(
            name,
            _("SQLite runs with journal_mode=%(journal)s and synchronous=%(synchronous)s, not with WAL and FULL (2).")
            % {"journal": journal, "synchronous": synchronous},
            _("Put the file on a local disk: on a network share SQLite cannot keep a gift safe."),
        )
    else:
        yield good(name, _("SQLite writes ahead, and waits for the disk."))
    path = Path(str(connection.settings_dict["NAME"]))
    if path.exists() and (mode := stat.S_IMODE(path.stat().st_mode)) & 0o077:
        yield warning(
            "database file",
            _("Others on this machine may read the database (its mode is %(mode)s).") % {"mode": f"{mode:o}"},
            f"chmod 600 {path}*",
        )


def _postgresql() -> Iterator[Finding]:
    name = "database options"
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(MUST_BE_ON)])
        off = sorted(option for option, value in cursor.fetchall() if value == "off")
        cursor.execute("SHOW server_encoding")
        (encoding,) = cursor.fetchone()
    if off:
        yield fault(
            name,
            _("PostgreSQL runs with %(options)s off: a power cut can take gifts away.") % {"options": ", ".join(off)},
            _("Turn them on in postgresql.conf, and reload it."),
        )
    elif encoding != "UTF8":
        yield fault(
            name,
            _("The database's encoding is %(encoding)s: names in other scripts cannot be stored.")
            % {"encoding": encoding},
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
        )
    else:
        yield good(name, _("PostgreSQL waits for the disk, and stores every script."))
