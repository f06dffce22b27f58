"""Rows read and written by statements whose text is built once.

For the few that run for every payment: there the ORM spends more time on building its SQL anew than the database on
running it. Names come from the models, values are parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

Row = TypeVar("Row", bound=models.Model)
Converter = Callable[[Any, Any, BaseDatabaseWrapper], Any]


def insert_once(row: Row) -> Row | None:
    """INSERT … ON CONFLICT DO NOTHING RETURNING. The row as it is stored, or None when one with its key stands already.

    Django's `bulk_create(ignore_conflicts=True)` does not tell which of the two happened, and catching an
    IntegrityError would break the surrounding transaction.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    statement, fields = _insert(type(row))
    with connection.cursor() as cursor:
        cursor.execute(statement, [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields])
        inserted = cursor.fetchone()
    if inserted is None:
        return None
    row.pk = row._meta.pk.to_python(inserted[0])
    row._state.adding = False
    row._state.db = DEFAULT_DB_ALIAS
    return row


def update(row: models.Model, names: Iterable[str]) -> None:
    """UPDATE these fields of a row that is stored."""
    connection = connections[DEFAULT_DB_ALIAS]
    statement, fields = _update(type(row), tuple(names))
    with connection.cursor() as cursor:
        cursor.execute(statement, [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])


def prepared(model: type[models.Model], name: str, value: Any) -> Any:
    """The value of a field as the database takes it."""
    return _field(model, name).get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def table(model: type[models.Model]) -> str:
    """Its table's name, quoted."""
    return _quoted(model._meta.db_table)


def column(model: type[models.Model], name: str) -> str:
    """The name of a field's column, quoted."""
    return _quoted(_field(model, name).column)


class Reader(Generic[Row]):
    """Makes rows of a model from what a statement gave for `columns`. Other fields are fetched when asked for."""

    def __init__(self, model: type[Row], *names: str) -> None:
        self.model = model
        self.fields = [_field(model, name) for name in names]
        self.names = [str(field.attname) for field in self.fields]

    def __len__(self) -> int:
        return len(self.fields)

    def columns(self, alias: str) -> str:
        """What to SELECT from the table that the statement calls `alias`."""
        return ", ".join(f"{alias}.{_quoted(field.column)}" for field in self.fields)

    def row(self, values: Sequence[Any]) -> Row:
        found = list(values)
        connection = connections[DEFAULT_DB_ALIAS]
        for place, field, converters in self._converters:
            for convert in converters:
                found[place] = convert(found[place], field, connection)
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, found)

    @cached_property
    def _converters(self) -> list[tuple[int, Any, list[Converter]]]:
        """Of the fields that a database keeps in another form than Python, such as SQLite's times."""
        connection = connections[DEFAULT_DB_ALIAS]
        found = []
        for place, field in enumerate(self.fields):
            expression = field.get_col(self.model._meta.db_table)
            converters = connection.ops.get_db_converters(expression) + expression.get_db_converters(connection)
            if converters:
                found.append((place, expression, converters))
        return found


@cache
def _insert(model: type[models.Model]) -> tuple[str, list[Any]]:
    fields = [field for field in model._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    names = ", ".join(_quoted(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    key = _quoted(model._meta.pk.column)
    return (
        f"INSERT INTO {table(model)} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING RETURNING {key}",  # noqa: S608
        fields,
    )


@cache
def _update(model: type[models.Model], names: tuple[str, ...]) -> tuple[str, list[Any]]:
    fields = [_field(model, name) for name in names]
    steps = ", ".join(f"{_quoted(field.column)} = %s" for field in fields)
    pk = model._meta.pk
    return f"UPDATE {table(model)} SET {steps} WHERE {_quoted(pk.column)} = %s", [*fields, pk]  # noqa: S608


def _field(model: type[models.Model], name: str) -> Any:
    return model._meta.get_field(name)


def _quoted(name: object) -> str:
    return connections[DEFAULT_DB_ALIAS].ops.quote_name(str(name))
