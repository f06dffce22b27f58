"""An insert that tells whether it was the first."""

from __future__ import annotations

from django.db import DEFAULT_DB_ALIAS, connections, models


def insert_once(row: models.Model) -> bool:
    """INSERT … ON CONFLICT DO NOTHING. True when the row is new, False when one with its key stands already.

    Django's `bulk_create(ignore_conflicts=True)` does not tell which of the two happened, and catching an
    IntegrityError would break the surrounding transaction.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    quote = connection.ops.quote_name
    fields = [field for field in row._meta.local_concrete_fields if not isinstance(field, models.AutoField)]
    names = ", ".join(quote(str(field.column)) for field in fields)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    marks = ", ".join(["%s"] * len(fields))
    # Table and column names come from the models, the values are parameters.
    statement = f"INSERT INTO {quote(row._meta.db_table)} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount == 1)
