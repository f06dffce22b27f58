"""The floors: a constant, a webhook that verifies, stores and updates, and a page with three aggregate queries."""

import json

import stripe
from django.conf import settings
from django.db import transaction
from django.db.models import Avg, Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from bench.floors.models import Event, Gift

PAGE = "<!doctype html><title>Constant</title>" + "<p>The same for everybody.</p>" * 100


def constant(request: HttpRequest) -> HttpResponse:
    return HttpResponse(PAGE)


@csrf_exempt
def webhook(request: HttpRequest) -> HttpResponse:
    text = request.body.decode()
    stripe.WebhookSignature.verify_header(
        text, request.headers["Stripe-Signature"], settings.STRIPE_WEBHOOK_SECRETS[0], 300
    )
    event = json.loads(text)
    with transaction.atomic():
        Event.objects.create(id=event["id"], type=event["type"], body=text)
        Gift.objects.filter(uuid=event["data"]["object"]["metadata"]["tincup_donation"]).update(status="paid")
    return HttpResponse("ok")


def three_queries(request: HttpRequest) -> HttpResponse:
    gifts = Gift.objects.all()
    context = {
        "total": gifts.aggregate(total=Sum("amount"))["total"],
        "states": gifts.values("status").annotate(number=Count("id")).order_by("status"),
        "average": gifts.filter(status="pending").aggregate(average=Avg("amount"))["average"],
    }
    return render(request, "floors/three_queries.html", context)


urlpatterns = [path("", constant), path("webhook", webhook), path("page", three_queries)]
