"""Rows read and written by statements that are built once (lib.database.statement), with the names of their models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from lib.database.statement import Statement, send

Row = TypeVar("Row", bound=models.Model)
Converter = Callable[[Any, Any, BaseDatabaseWrapper], Any]


def insert_once(row: Row) -> Row | None:
    """INSERT … ON CONFLICT DO NOTHING RETURNING. The row as it is stored, or None when one with its key stands already.

    Django's `bulk_create(ignore_conflicts=True)` does not tell which of the two happened, and catching an
    IntegrityError would break the surrounding transaction. Fields that set themselves (auto_now) are none of ours.
    """
    inserted = send((_insert(type(row)), _values(type(row))(row)))
    if not inserted:
        return None
    row.pk = row._meta.pk.to_python(inserted[0][0])
    row._state.adding = False
    row._state.db = DEFAULT_DB_ALIAS
    return row


def update(row: models.Model, names: Iterable[str]) -> None:
    """UPDATE these fields of a row that is stored."""
    statement = _update(type(row), tuple(names))
    send((statement, [getattr(row, each.attname) for each in statement.fields]))


def table(model: type[models.Model]) -> str:
    """Its table's name, quoted."""
    return _quoted(model._meta.db_table)


def column(model: type[models.Model], name: str) -> str:
    """The name of a field's column, quoted."""
    return _quoted(field(model, name).column)


def field(model: type[models.Model], name: str) -> Any:
    """The field of a model by its name."""
    return model._meta.get_field(name)


class Reader(Generic[Row]):
    """Makes rows of a model from what a statement gave for `columns`. Other fields are fetched when asked for."""

    def __init__(self, model: type[Row], *names: str) -> None:
        self.model = model
        # In the order in which Django makes a row of them.
        self.fields: list[Any] = [each for each in model._meta.concrete_fields if each.name in names]
        self.names = [str(each.attname) for each in self.fields]

    def __len__(self) -> int:
        return len(self.fields)

    def columns(self, alias: str) -> str:
        """What to SELECT from the table that the statement calls `alias`."""
        return ", ".join(f"{alias}.{_quoted(each.column)}" for each in self.fields)

    def get(self, key: Any) -> Row | None:
        """The row with this primary key."""
        found = send((self._get, [key]))
        return self.row(found[0]) if found else None

    def row(self, values: Sequence[Any]) -> Row:
        found = list(values)
        connection = connections[DEFAULT_DB_ALIAS]
        for place, expression, converters in self._converters:
            for convert in converters:
                found[place] = convert(found[place], expression, connection)
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, found)

    @cached_property
    def _get(self) -> Statement:
        pk = self.model._meta.pk
        return Statement(
            f"get_{self.model._meta.db_table}",
            f"SELECT {self.columns('r')} FROM {table(self.model)} AS r WHERE r.{_quoted(pk.column)} = %s",  # noqa: S608
            [pk],
        )

    @cached_property
    def _converters(self) -> list[tuple[int, Any, list[Converter]]]:
        """Of the fields that a database keeps in another form than Python, such as SQLite's times."""
        connection = connections[DEFAULT_DB_ALIAS]
        found = []
        for place, each in enumerate(self.fields):
            expression = each.get_col(self.model._meta.db_table)
            converters = connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
            if converters:
                found.append((place, expression, converters))
        return found


def _inserted(model: type[models.Model]) -> list[Any]:
    return [each for each in model._meta.local_concrete_fields if not isinstance(each, models.AutoField)]


@cache
def _values(model: type[models.Model]) -> Callable[[models.Model], tuple[Any, ...]]:
    return attrgetter(*(each.attname for each in _inserted(model)))


@cache
def _insert(model: type[models.Model]) -> Statement:
    fields = _inserted(model)
    names = ", ".join(_quoted(each.column) for each in fields)
    marks = ", ".join(["%s"] * len(fields))
    key = _quoted(model._meta.pk.column)
    return Statement(
        f"insert_{model._meta.db_table}",
        f"INSERT INTO {table(model)} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING {key}",  # noqa: S608
        fields,
    )


@cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> Statement:
    fields, pk = [field(model, name) for name in names], model._meta.pk
    steps = ", ".join(f"{_quoted(each.column)} = %s" for each in fields)
    return Statement(
        f"update_{model._meta.db_table}",
        f"UPDATE {table(model)} SET {steps} WHERE {_quoted(pk.column)} = %s",  # noqa: S608
        [*fields, pk],
    )


def _quoted(name: object) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(str(name))
