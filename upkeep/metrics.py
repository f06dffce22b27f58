"""`/metrics` for Prometheus: what this process counted, and what the database says of the whole site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Count, Max, Min
from django.utils import timezone
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from donations.models import Alarm, Chore, StripeEvent
from lib.version import version
from lib.watch import measures
from mail.models import Mail
from upkeep.backup import making

OPEN = (StripeEvent.State.DEFERRED, StripeEvent.State.FAILED)


class Site(Collector):
    """Read when asked, so every process says the same."""

    def collect(self) -> Iterator[Metric]:
        yield _one("tincup_info", "The version.", 1, version=version())
        waiting = Mail.objects.filter(state=Mail.State.WAITING).aggregate(n=Count("pk"), since=Min("created_at"))
        yield _one("tincup_outbox_waiting", "E-mails that wait to be sent.", waiting["n"])
        yield _one("tincup_outbox_oldest_seconds", "How long the oldest has waited.", _age(waiting["since"]))
        dead = Mail.objects.filter(state=Mail.State.FAILED).count()
        yield _one("tincup_outbox_failed", "E-mails that could not be sent.", dead)
        yield _labelled("tincup_events", "Stripe's events that are not handled.", "state", _open_events())
        last: datetime | None = StripeEvent.objects.aggregate(last=Max("received_at"))["last"]
        if last:
            yield _one("tincup_last_event_timestamp_seconds", "When the last event came.", last.timestamp())
        alarm = Alarm.objects.filter(slot=1).exists()
        yield _one("tincup_shield_alarm", "1 while the alarm of the shield rings.", float(alarm))
        jobs = list(Chore.objects.values_list("name", "done_at", "error", "data"))
        done = [(name, at.timestamp()) for name, at, _, _ in jobs if at]
        yield _labelled("tincup_job_done_timestamp_seconds", "When a job was last done.", "job", done)
        failing = [(name, float(bool(error))) for name, _, error, _ in jobs]
        yield _labelled("tincup_job_failing", "1 if its latest try failed.", "job", failing)
        for name, _, _, data in jobs:
            if name == making.JOB and data and "made_at" in data:
                made_at = datetime.fromisoformat(data["made_at"]).timestamp()
                yield _one("tincup_backup_timestamp_seconds", "When the newest backup was made.", made_at)


def text() -> bytes:
    """In Prometheus' own format. Raises DatabaseError."""
    return generate_latest(measures.REGISTRY) + generate_latest(Site())


def _open_events() -> Iterable[tuple[str, float]]:
    counted = dict(
        StripeEvent.objects.filter(state__in=OPEN)
        .order_by()
        .values_list("state")
        .annotate(n=Count("pk"))
        .values_list("state", "n")
    )
    return [(state.value, float(counted.get(state.value, 0))) for state in OPEN]


def _age(since: datetime | None) -> float:
    return (timezone.now() - since).total_seconds() if since else 0


def _one(name: str, help_text: str, value: float, **labels: str) -> Metric:
    metric = GaugeMetricFamily(name, help_text, labels=list(labels))
    metric.add_metric(list(labels.values()), value)
    return metric


def _labelled(name: str, help_text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    metric = GaugeMetricFamily(name, help_text, labels=[label])
    for word, value in values:
        metric.add_metric([word], value)
    return metric
