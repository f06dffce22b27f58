"""What the pages of accounts have in common."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User


def form_page(
    request: HttpRequest, template: str, form: forms.Form, context: dict[str, Any] | None = None
) -> HttpResponse:
    """The page with its form; one that was sent and refused answers 422, the cursor in the first field to mend."""
    refused = next((name for name in form.fields if name in form.errors), None)
    if refused:
        form.fields[refused].widget.attrs["autofocus"] = True
    return render(request, template, {"form": form, **(context or {})}, status=422 if form.errors else 200)


def donor(request: HttpRequest) -> User:
    """Who is signed in. Only for views that require it."""
    return cast("User", request.user)
