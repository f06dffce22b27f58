"""Text that the database compares byte by byte, so that an index finds what begins with some letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    Text = models.CharField[str, str]
else:
    Text = models.CharField


class BytewiseField(Text):
    """SQLite does so by itself; PostgreSQL's order is otherwise that of a language, where a prefix is no range."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters
