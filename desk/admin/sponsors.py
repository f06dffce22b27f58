"""The sponsors’ wall in the admin: the levels, and the organisations that are put up by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from desk.pages.formatting import fingerprint
from donations.models import Level, Sponsor
from donations.wall import placements
from lib import amount_field, money
from lib.amount_field import AmountField
from organisation import images


class LevelForm(forms.ModelForm):
    from_amount = AmountField(
        label=_("from"),
        help_text=_("What a supporter of this level gave in a year. The lowest takes any gift."),
    )

    class Meta:
        model = Level
        fields = ("name", "slug")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields["from_amount"]
        amount.help_text = f"{amount.help_text} {amount_field.in_currency(settings.DONATION_CURRENCY)}"
        if self.instance.pk and self.instance.currency == settings.DONATION_CURRENCY:
            self.initial["from_amount"] = self.instance.threshold

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"])
        if slug == "lately":
            raise ValidationError(_("This address is taken by the page of all gifts."), code="taken")
        return slug

    def clean_from_amount(self) -> int:
        threshold = int(self.cleaned_data["from_amount"])
        taken = Level.objects.filter(threshold=threshold, currency=settings.DONATION_CURRENCY)
        if taken.exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Another level begins at this amount."), code="taken")
        return threshold

    def save(self, commit: bool = True) -> Level:
        self.instance.threshold, self.instance.currency = self.cleaned_data["from_amount"], settings.DONATION_CURRENCY
        saved: Level = super().save(commit)
        return saved


@admin.register(Level)
class LevelAdmin(admin.ModelAdmin):
    form = LevelForm
    list_display = ("name", "begins", "slug")

    @admin.display(description=_("from"), ordering="threshold")
    def begins(self, level: Level) -> str:
        return money.display_short(level.threshold, level.currency)

    def save_model(self, request: HttpRequest, obj: Level, form: Any, change: bool) -> None:
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            placements.assign_levels()

    def delete_model(self, request: HttpRequest, obj: Level) -> None:
        with transaction.atomic():
            super().delete_model(request, obj)
            placements.assign_levels()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Level]) -> None:
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            placements.assign_levels()


class WebAddress(forms.URLField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options | {"assume_scheme": "https"})


class SponsorForm(forms.ModelForm):
    new_logo = forms.FileField(required=False, label=_("logo"), help_text=_("PNG, JPEG or WebP, at most 2 MB."))
    new_dark_logo = forms.FileField(
        required=False,
        label=_("logo for the dark theme"),
        help_text=_("Empty: the logo stands on a light ground there."),
    )
    without_logo = forms.BooleanField(required=False, label=_("take the logos away"))

    class Meta:
        model = Sponsor
        fields = ("name", "url", "level", "shown")
        field_classes = {"url": WebAddress}

    def clean_new_logo(self) -> bytes | None:
        return self._picture("new_logo")

    def clean_new_dark_logo(self) -> bytes | None:
        return self._picture("new_dark_logo")

    def _picture(self, field: str) -> bytes | None:
        upload = self.cleaned_data[field]
        return images.reencode(upload) if upload else None

    def save(self, commit: bool = True) -> Sponsor:
        for field in ("logo", "dark_logo"):
            picture = b"" if self.cleaned_data["without_logo"] else self.cleaned_data[f"new_{field}"]
            if picture is not None:
                setattr(self.instance, field, picture)
                setattr(self.instance, f"{field}_digest", fingerprint(picture) if picture else "")
        saved: Sponsor = super().save(commit)
        return saved


@admin.register(Sponsor)
class SponsorAdmin(admin.ModelAdmin):
    form = SponsorForm
    list_display = ("name", "level", "url", "shown")
    list_filter = ("shown", "level")
    search_fields = ("name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sponsor]:
        return super().get_queryset(request).defer("logo", "dark_logo")
