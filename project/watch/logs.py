"""How a log line looks: text for people, or JSON for programs (LOG_FORMAT). Neither holds personal data or secrets."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from lib.watch import request_id
from lib.watch.scrubbing import scrub

# What a line may hold beside its message; see access_log.
FIELDS = ("method", "path", "status", "ms")


class Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        its_id = request_id.current()
        return scrub(super().format(record)) + (f" [{its_id}]" if its_id else "")


class Json(logging.Formatter):
    """One object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if its_id := request_id.current():
            line["request_id"] = its_id
        for name in FIELDS:
            if (value := getattr(record, name, None)) is not None:
                line[name] = scrub(value) if isinstance(value, str) else value
        if record.exc_info:
            line["error"] = scrub(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
