"""Gifts that come again: who gives them, how they stand, what each charge came to; and stopped where a donor asks."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from desk.admin.irreversible.stopping import Stopping, may_stop
from desk.admin.readonly import ReadOnly
from desk.pages import formatting
from desk.pages.recurring import PAST_DUE, STATES, every
from donations.domain.subscription import EndedBy, Frequency
from donations.models import Donation, Invoice, Subscription
from donations.reporting import search_index
from donations.reporting import subscriptions as reporting

ENDED_BY = {
    EndedBy.DONOR: _("the donor"),
    EndedBy.STAFF: _("the staff, for the donor"),
    EndedBy.FAILED: _("Stripe, because its charges failed"),
    EndedBy.DISPUTED: _("Stripe, because the donor’s bank took a charge back"),
    EndedBy.STRIPE: _("at Stripe, in its dashboard or portal"),
}


class State(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, label) for name, (label, _statuses) in STATES.items()]

    def queryset(self, request: HttpRequest, found: QuerySet[Subscription]) -> QuerySet[Subscription]:
        state = STATES.get(self.value() or "")
        return found.filter(status__in=state[1]) if state else found


class Every(admin.SimpleListFilter):
    title = _("frequency")
    parameter_name = "frequency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(Frequency.MONTHLY.value, _("monthly")), (Frequency.YEARLY.value, _("yearly"))]

    def queryset(self, request: HttpRequest, found: QuerySet[Subscription]) -> QuerySet[Subscription]:
        yearly = Q(interval="year")
        return {"monthly": found.exclude(yearly), "yearly": found.filter(yearly)}.get(self.value() or "", found)


class _WithDonors(ChangeList):
    """Knows of all rows of the page at once who gives them and what they gave."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        told = reporting.told_of(self.result_list)
        self.result_list = list(self.result_list)
        for each in self.result_list:
            each.reported = told[each.pk]


@admin.register(Subscription)
class SubscriptionAdmin(Stopping, ReadOnly):
    list_display = ("sum", "every", "status", "donor", "since", "next_charge", "given")
    list_filter = (State, Every)
    search_fields = ("stripe_id",)  # any: the box is shown for it, get_search_results does the work
    search_help_text = _("A name or an e-mail address of the donor, or an id of Stripe’s.")
    sortable_by = ()
    fields = ("donor", "account", "since", "next_charge", "ends", "given", "at_stripe", "customer_at_stripe")
    readonly_fields = fields
    change_form_template = "admin/donations/subscription/change_form.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _WithDonors

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[QuerySet[Subscription], bool]:
        text = search_term.replace("\0", "").strip()[:255]
        if not text:
            return queryset, False
        gifts = Donation.objects.filter(subscription__isnull=False)
        theirs = search_index.named(gifts, text).values("subscription")
        named = Q(stripe_id=text) | Q(customer=text) | Q(pk__in=Invoice.objects.filter(pk=text).values("subscription"))
        return queryset.filter(named | Q(pk__in=theirs)), False

    # --- What the columns say ---

    @admin.display(description=_("amount"))
    def sum(self, subscription: Subscription) -> str:
        return formatting.amount(subscription.amount, subscription.currency)

    @admin.display(description=_("frequency"))
    def every(self, subscription: Subscription) -> str:
        return every(subscription)

    @admin.display(description=_("donor"))
    def donor(self, subscription: Subscription) -> str:
        first = _told(subscription).first
        if first is None:
            return ""
        address = reverse("admin:donations_donation_change", args=[first.pk])
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, first.donor or _g("Someone"))

    @admin.display(description=_("account"))
    def account(self, subscription: Subscription) -> str:
        first = _told(subscription).first
        return str(first.user) if first and first.user else "–"

    @admin.display(description=_("since"))
    def since(self, subscription: Subscription) -> str:
        return formatting.day(subscription.created_at)

    @admin.display(description=_("next charge"))
    def next_charge(self, subscription: Subscription) -> str:
        at = reporting.next_charge(subscription)
        return formatting.day(at) if at else "–"

    @admin.display(description=_("ends or ended"))
    def ends(self, subscription: Subscription) -> str:
        at = subscription.ended_at or subscription.cancel_at
        if not at:
            return "–"
        by = ENDED_BY.get(subscription.ended_by)
        return f"{formatting.day(at)} ({by})" if by else formatting.day(at)

    @admin.display(description=_("given in all"))
    def given(self, subscription: Subscription) -> str:
        given = _told(subscription).given
        return ", ".join(formatting.amount(amount, currency) for currency, amount in given.items()) or "–"

    @admin.display(description=_("at Stripe"))
    def at_stripe(self, subscription: Subscription) -> str:
        return formatting.stripe_id(subscription.stripe_id)

    @admin.display(description=_("customer at Stripe"))
    def customer_at_stripe(self, subscription: Subscription) -> str:
        return formatting.stripe_id(subscription.customer)

    # --- One of them ---

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        subscription = kwargs.get("obj")
        if subscription is not None:
            context |= {
                "title": _g("%(amount)s, %(every)s")
                % {"amount": self.sum(subscription), "every": self.every(subscription)},
                "subtitle": None,
                "state": subscription.get_status_display(),
                "past_due": subscription.status in PAST_DUE,
                "charges": _charges(subscription),
                "stops": [
                    (formatting.moment(stop.created_at), stop) for stop in subscription.stop_requests.order_by("-pk")
                ],
                "may_stop": may_stop(request, subscription),
            }
        return super().render_change_form(request, context, *args, **kwargs)


def _told(subscription: Subscription) -> reporting.Told:
    told: reporting.Told | None = getattr(subscription, "reported", None)
    return told or reporting.told_of([subscription])[subscription.pk]


def _charges(subscription: Subscription) -> list[dict[str, Any]]:
    """Each charge as far as it has come, the newest first."""
    found = subscription.invoices.select_related("donation").order_by(F("created_at").desc(), "-pk")[:120]
    return [
        {
            "at": formatting.day(charge.created_at),
            "amount": formatting.amount(charge.paid or charge.due, charge.currency),
            "state": charge.get_status_display(),
            "failures": charge.failures,
            "next": formatting.day(charge.next_attempt_at) if charge.next_attempt_at else "",
            "gift": formatting.gift(charge.donation) if charge.donation else "",
            "id": formatting.stripe_id(charge.pk),
        }
        for charge in found
    ]
