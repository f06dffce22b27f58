"""The stand-in's addresses, mounted below `sandbox/` only while it is on."""

from __future__ import annotations

from django.urls import path

from sandbox.api import views as api
from sandbox.checkout import portal_views as portal
from sandbox.checkout import views as checkout
from sandbox.console import views as console

app_name = "sandbox"

urlpatterns = [
    path("", console.page, name="console"),
    path("v1/<path:rest>", api.v1, name="api"),
    path("pay/<str:session_id>", checkout.page, name="pay"),
    path("pay/<str:session_id>/3ds", checkout.approval, name="approval"),
    path("portal/<str:secret>", portal.portal_page, name="portal"),
    path("invoices/<str:invoice_id>", portal.invoice_page, name="invoice"),
    path("receipts/<str:charge_id>", checkout.receipt, name="receipt"),
]
