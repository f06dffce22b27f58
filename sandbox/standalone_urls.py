"""The addresses of the stand-in as its own process."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("", include("sandbox.urls"))]
