"""Two tables as a small app of one's own would have them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone


class Event(models.Model):
    objects: ClassVar[models.Manager[Event]] = models.Manager()

    id = models.CharField(max_length=255, primary_key=True)
    type = models.CharField(max_length=255)
    body = models.TextField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        app_label = "floors"

    def __str__(self) -> str:
        return self.id


class Gift(models.Model):
    objects: ClassVar[models.Manager[Gift]] = models.Manager()

    uuid = models.UUIDField(default=uuid.uuid4, unique=True)
    name = models.CharField(max_length=60, default="Ada Lovelace")
    amount = models.PositiveBigIntegerField(default=2000)
    status = models.CharField(max_length=16, default="pending")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        app_label = "floors"
        ordering: ClassVar[list[str]] = ["-created_at"]

    def __str__(self) -> str:
        return self.name
