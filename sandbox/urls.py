"""The stand-in's addresses, mounted below `sandbox/` only while it is on."""

from __future__ import annotations

from django.urls import path

from sandbox import api, console, pay

app_name = "sandbox"

urlpatterns = [
    path("", console.page, name="console"),
    path("v1/<path:rest>", api.v1, name="api"),
    path("pay/<str:session_id>", pay.page, name="pay"),
    path("pay/<str:session_id>/3ds", pay.approval, name="approval"),
    path("receipts/<str:charge_id>", pay.receipt, name="receipt"),
]
