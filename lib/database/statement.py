"""Statements whose text is built once, and which PostgreSQL plans once for each connection.

For the few that run for every payment: there the ORM takes longer to build its SQL than the database to run it, and
PostgreSQL longer to plan than to run. SQLite's driver keeps by itself what it has prepared.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(slots=True)
class _Session:
    """What goes with one connection of the driver's to PostgreSQL."""

    # What is prepared there. None where a pooler stands between: it gives each transaction to another of its own
    # connections, where nobody knows the name.
    prepared: set[str] | None
    # Of Django's, kept for the next statement of a transaction: to make one costs as much as to run the statement.
    cursor: Any


_sessions: WeakKeyDictionary[Any, _Session] = WeakKeyDictionary()
_numbers = itertools.count(1)
# Fields whose values the drivers take as they are.
_PLAIN = set(
    "CharField TextField BooleanField BigAutoField BigIntegerField PositiveBigIntegerField PositiveIntegerField"
    " PositiveSmallIntegerField".split()
)
_PLAIN_FOR_POSTGRESQL = _PLAIN | {"DateTimeField", "DateField", "UUIDField"}


class Statement:
    """SQL with a `%s` for each value, and the fields whose values they are. `what` it does is for who reads a log."""

    def __init__(self, what: str, text: str, fields: Sequence[Any] = ()) -> None:
        self.text = text
        self.fields = list(fields)
        self.name = f"tincup_{what[:40]}_{next(_numbers)}"  # PostgreSQL reads 63 letters of it
        values = f" ({', '.join(['%s'] * len(self.fields))})" if self.fields else ""
        self.call = f"EXECUTE {self.name}{values}"

    def values(self, values: Sequence[Any], connection: BaseDatabaseWrapper) -> list[Any]:
        """As the database takes them."""
        found = list(values)
        for place, prepare in self._preparers:
            found[place] = prepare(found[place], connection)
        return found

    def preparation(self, connection: BaseDatabaseWrapper) -> str:
        """What makes the statement known to PostgreSQL by its name."""
        parts = self.text.split("%s")
        text = "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]
        types = ", ".join(field.db_type(connection) for field in self.fields)
        return f"PREPARE {self.name}{f' ({types})' if types else ''} AS {text}"

    @cached_property
    def _preparers(self) -> list[tuple[int, Callable[[Any, BaseDatabaseWrapper], Any]]]:
        plain = _PLAIN_FOR_POSTGRESQL if connections[DEFAULT_DB_ALIAS].vendor == "postgresql" else _PLAIN
        kinds = [getattr(field, "target_field", field).get_internal_type() for field in self.fields]
        return [(place, self.fields[place].get_db_prep_save) for place, kind in enumerate(kinds) if kind not in plain]


def send(*calls: tuple[Statement, Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Run statements with their values, one after the other; the rows that the last one gave.

    To PostgreSQL they travel together. Each still sees what was committed before it began.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            for statement, of_it in calls:
                cursor.execute(statement.text, statement.values(of_it, connection))
            return cursor.fetchall() if cursor.description else []
    session, cursor = _session(connection)
    texts, values = [], []
    for statement, of_it in calls:
        texts.append(_named(statement, session.prepared, connection, cursor))
        values += statement.values(of_it, connection)
    cursor.execute("; ".join(texts), values)
    return cursor.fetchall() if cursor.description else []


def _session(connection: BaseDatabaseWrapper) -> tuple[_Session, Any]:
    # Outside a transaction Django looks first whether the connection still stands. Some cursors keep a log.
    usual = connection.in_atomic_block and not connection.queries_logged
    if usual and (session := _sessions.get(connection.connection)):
        return session, session.cursor
    cursor = connection.cursor()
    session = _sessions.get(connection.connection)
    if session is None:
        session = _Session(set() if _is_direct(connection.connection, cursor) else None, connection.cursor())
        _sessions[connection.connection] = session
    return session, cursor


def _is_direct(raw: Any, cursor: Any) -> bool:
    """Whether the server's process is the one that we were told of when we connected."""
    cursor.execute("SELECT pg_backend_pid()")
    return bool(cursor.fetchone()[0] == raw.get_backend_pid())


def _named(statement: Statement, prepared: set[str] | None, connection: BaseDatabaseWrapper, cursor: Any) -> str:
    if prepared is None:
        return statement.text
    if statement.name not in prepared:
        cursor.execute(statement.preparation(connection))
        prepared.add(statement.name)
    return statement.call
