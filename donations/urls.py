from django.urls import path, re_path

from donations import api, mine, views, webhooks

urlpatterns = [
    path("donate", views.donate, name="donate"),
    path("donate/amount", views.donate_amount, name="donate_amount"),
    path("success", views.success, name="success"),
    path("success/status", views.success_status, name="success_status"),
    path("cancel", views.cancel, name="cancel"),
    re_path(r"^receipts/(?P<number>[0-9]{1,15})$", mine.receipt, name="receipt"),
    path("account/gifts/<uuid:gift>", mine.words, name="account_gift"),
    # Machines post here; a redirect would lose the body, or count as a failure.
    re_path(r"^api/donations/create-checkout-session/?$", api.create_checkout_session, name="api_create_session"),
    re_path(r"^api/checkout/?$", api.quick_checkout, name="api_checkout"),
    path("api/stats/", api.stats, name="api_stats"),
    re_path(r"^stripe-webhook/?$", webhooks.stripe_webhook, name="stripe_webhook"),
]
