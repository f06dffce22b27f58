"""The sponsors' wall in the admin: messages to read, the levels, and the organisations that are put up by hand."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from donations.models import Donation, Level, Message, Sponsor, Words
from donations.wall import messages as messages_wall
from donations.wall import placements
from lib import amount_field, money
from lib.amount_field import AmountField
from organisation import images


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


class WordsFilter(admin.SimpleListFilter):
    title = _("message or name")
    parameter_name = "words"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in Words]

    def choices(self, changelist: Any) -> Any:
        """Without the "all" of other filters: a moderator comes to read what is new."""
        for value, title in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value}, ["p"])
            yield {"selected": self._state() == value, "query_string": query, "display": title}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(messages_wall.in_state(self._state()))

    def _state(self) -> Words:
        asked = self.value()
        return Words(asked) if asked in Words.values else Words.WAITING


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """Read, then shown or refused. Nothing can be edited here: a donor's words are the donor's."""

    list_display = ("said", "called", "sum", "wished", "created_at")
    list_display_links = None
    list_filter = (WordsFilter, "public")
    search_fields = ("message", "name")
    actions = ("show", "refuse", "show_names", "refuse_names")
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("donations.change_message"))

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """There is no page of one message: the list says it all."""
        return self.changelist_view(request)

    @admin.display(description=_("message"))
    def said(self, gift: Message) -> SafeString:
        return _to_read("read", gift.pk, gift.message, gift.get_words_display())

    @admin.display(description=_("name"))
    def called(self, gift: Message) -> SafeString:
        return _to_read("name", gift.pk, gift.name, gift.get_name_state_display())

    @admin.display(description=_("the donor wishes"))
    def wished(self, gift: Message) -> str:
        return str(_("to be shown") if gift.public else _("not to be shown"))

    @admin.display(description=_("amount"))
    def sum(self, gift: Message) -> str:
        return money.display(gift.amount, gift.currency)

    @admin.action(description=_("Show the selected messages"), permissions=["moderate"])
    def show(self, request: HttpRequest, gifts: QuerySet[Message]) -> None:
        self._moderate(request, gifts, Words.SHOWN)

    @admin.action(description=_("Do not show the selected messages"), permissions=["moderate"])
    def refuse(self, request: HttpRequest, gifts: QuerySet[Message]) -> None:
        self._moderate(request, gifts, Words.REFUSED)

    @admin.action(description=_("Show the names of the selected"), permissions=["moderate"])
    def show_names(self, request: HttpRequest, gifts: QuerySet[Message]) -> None:
        self._moderate_names(request, gifts, Words.SHOWN)

    @admin.action(description=_("Do not show the names of the selected"), permissions=["moderate"])
    def refuse_names(self, request: HttpRequest, gifts: QuerySet[Message]) -> None:
        self._moderate_names(request, gifts, Words.REFUSED)

    def _moderate(self, request: HttpRequest, gifts: QuerySet[Message], state: Words) -> None:
        asked = list(gifts.exclude(message="").values_list("pk", "message"))
        done = messages_wall.moderate(_read(request, "read", asked), state)
        self._note(request, done, _("Showed the message.") if state == Words.SHOWN else _("Did not show the message."))
        said = ngettext("%(n)d message done.", "%(n)d messages done.", len(done))
        self._tell(request, len(done), said, len(asked) - len(done))

    def _moderate_names(self, request: HttpRequest, gifts: QuerySet[Message], state: Words) -> None:
        asked = list(gifts.exclude(name="").values_list("pk", "name"))
        done = messages_wall.moderate_names(_read(request, "name", asked), state)
        self._note(request, done, _("Showed the name.") if state == Words.SHOWN else _("Did not show the name."))
        said = ngettext("%(n)d name done.", "%(n)d names done.", len(done))
        self._tell(request, len(done), said, len(asked) - len(done))

    def _tell(self, request: HttpRequest, done: int, said: str, left: int) -> None:
        if done:
            self.message_user(request, said % {"n": done}, messages.SUCCESS)
        if left:
            text = ngettext(
                "%(n)d is left: it was changed since, or did not stand on this page. Read it first.",
                "%(n)d are left: they were changed since, or did not stand on this page. Read them first.",
                left,
            )
            self.message_user(request, text % {"n": left}, messages.WARNING)

    def _note(self, request: HttpRequest, gifts: list[int], verdict: str | Promise) -> None:
        """Into the gifts' history: who, when and what; not the text itself, which a donor may have erased."""
        for gift in Donation.objects.filter(pk__in=gifts):
            self.log_change(request, gift, str(verdict))


def _to_read(mark: str, pk: int, text: str, state: str) -> SafeString:
    """The text, what became of it, and a mark of the very text on the screen: what is approved is what was read."""
    if not text:
        return SafeString()
    shown = '<bdi>{}</bdi><br><small>{}</small><input type="hidden" name="{}-{}" value="{}">'
    return format_html(shown, text, state, mark, pk, _fingerprint(text.encode()))


def _read(request: HttpRequest, mark: str, asked: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(pk, text) for pk, text in asked if request.POST.get(f"{mark}-{pk}") == _fingerprint(text.encode())]


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
                setattr(self.instance, f"{field}_digest", _fingerprint(picture) if picture else "")
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
