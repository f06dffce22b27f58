"""One row for each bucket that is not full; a full one needs none."""

from __future__ import annotations

from django.db import models


class Bucket(models.Model):
    """How much was taken, told as the moment when all of it will have come back."""

    # A keyed digest of whom it is about and what for: nobody's address is stored.
    key = models.CharField(max_length=32, primary_key=True)
    full_at = models.BigIntegerField()  # milliseconds since 1970

    def __str__(self) -> str:
        return self.key
