"""Puts the treasurer's desk on the admin's front page, whichever admin site shows it."""

from __future__ import annotations

from typing import Any

from django import template

from desk.pages import dashboard as desk
from desk.pages import everyday

register = template.Library()
register.filter("grouped", everyday.grouped)


@register.inclusion_tag("admin/desk/front.html", takes_context=True)
def front(context: dict[str, Any]) -> dict[str, Any]:
    return {"front": desk.of(context["request"].user), "user": context["request"].user}
