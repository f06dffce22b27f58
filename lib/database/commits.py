"""A commit on PostgreSQL that lets go of its locks before the disk has it, and a caller who waits until it has.

A row that every payment changes is locked until its transaction is on the disk: one payment for each write of the
disk, however many come at once. So the transaction that changes it commits without waiting, the next one goes on, and
whoever committed waits for the disk afterwards, together with the others. Nothing is out of order: what is built on a
commit stands behind it in the log, and is lost with it if the machine dies.
"""

from __future__ import annotations

from functools import cache

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from lib.database.statement import Statement, send

# In the RETURNING or SELECT of a statement: this transaction's commit does not wait.
NOT_WAITING = "set_config('synchronous_commit', 'off', true)"


def may_wait_later() -> bool:
    """Whether the database can be asked to wait for the disk by itself."""
    return connections[DEFAULT_DB_ALIAS].vendor == "postgresql" and _can_wait()


def wait_after_commit() -> None:
    """Do not go on after the transaction's commit until the disk has it. Once in a transaction is enough."""
    transaction.on_commit(_wait)


def _wait() -> None:
    """A commit of nothing but a word in the log, which is waited for: what was committed before stands before it."""
    send((_word(), []))


@cache
def _word() -> Statement:
    return Statement("wait", "SELECT pg_logical_emit_message(true, 'tincup', '')")


@cache
def _can_wait() -> bool:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_proc WHERE proname = 'pg_logical_emit_message'"
            " AND has_function_privilege(oid, 'execute'))"
        )
        return bool(cursor.fetchone()[0])
