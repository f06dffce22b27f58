from django.urls import path, re_path

from donations.donors import views as donor_views
from donations.donors.monthly import views as monthly
from donations.giving import api, success_page, views
from donations.stripe import webhook

urlpatterns = [
    path("donate", views.donate, name="donate"),
    path("donate/amount", views.donate_amount, name="donate_amount"),
    path("success", success_page.success, name="success"),
    path("success/status", success_page.success_status, name="success_status"),
    path("cancel", views.cancel, name="cancel"),
    re_path(r"^receipts/(?P<number>[0-9]{1,15})$", donor_views.receipt, name="receipt"),
    path("account/gifts/<uuid:gift>", donor_views.message, name="account_gift"),
    path("monthly", monthly.ask, name="monthly"),
    path("monthly/<str:token>", monthly.page, name="monthly_page"),
    # Machines post here; a redirect would lose the body, or count as a failure.
    re_path(r"^api/donations/create-checkout-session/?$", api.create_checkout_session, name="api_create_session"),
    re_path(r"^api/checkout/?$", api.quick_checkout, name="api_checkout"),
    path("api/stats/", api.stats, name="api_stats"),
    re_path(r"^stripe-webhook/?$", webhook.stripe_webhook, name="stripe_webhook"),
]
