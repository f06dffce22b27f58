"""An insert that tells whether it was the first."""

from __future__ import annotations

from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

Row = TypeVar("Row", bound=models.Model)


def insert_once(row: Row) -> Row | None:
    """INSERT … ON CONFLICT DO NOTHING RETURNING. The row as it is stored, or None when one with its key stands already.

    Django's `bulk_create(ignore_conflicts=True)` does not tell which of the two happened, and catching an
    IntegrityError would break the surrounding transaction.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    quote = connection.ops.quote_name
    fields = [field for field in row._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    names = ", ".join(quote(str(field.column)) for field in fields)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    marks = ", ".join(["%s"] * len(fields))
    key = quote(str(row._meta.pk.column))
    # Table and column names come from the models, the values are parameters.
    statement = (
        f"INSERT INTO {quote(row._meta.db_table)} ({names}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT DO NOTHING RETURNING {key}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        inserted = cursor.fetchone()
    if inserted is None:
        return None
    row.pk = row._meta.pk.to_python(inserted[0])
    row._state.adding = False
    row._state.db = DEFAULT_DB_ALIAS
    return row
