"""A gift is counted in the month in which it arrived, as its money is; it was in the one in which it was begun."""

from collections import defaultdict

from django.db import migrations
from django.utils import timezone

ARRIVALS, OFFLINE = {"payment", "offline"}, {"offline", "offline_reversal"}


def by_arrival(apps, schema_editor):
    left, arrived = defaultdict(int), {}
    rows = apps.get_model("donations", "LedgerEntry").objects.order_by()
    fields = ("donation_id", "currency", "kind", "amount", "happened_at")
    for donation, currency, kind, amount, at in rows.values_list(*fields).iterator(chunk_size=5000):
        gift = donation, currency, "offline_gifts" if kind in OFFLINE else "gifts"
        left[gift] += amount
        if kind in ARRIVALS:
            arrived[gift] = min(arrived.get(gift, at), at)
    counts = defaultdict(int)
    for gift, at in arrived.items():
        _, currency, column = gift
        counts[currency, timezone.localtime(at).date().replace(day=1), column] += int(left[gift] > 0)
    for total in apps.get_model("donations", "Total").objects.all():
        for column in ("gifts", "offline_gifts"):
            setattr(total, column, counts[total.currency, total.month, column])
        total.save()


class Migration(migrations.Migration):
    dependencies = [("donations", "0010_disputes_apart")]

    # Backwards nothing: the job that compares the totals counts them anew.
    operations = [migrations.RunPython(by_arrival, migrations.RunPython.noop)]
