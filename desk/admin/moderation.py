"""What donors said, and the names they go by: read, then shown or not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from desk.pages.formatting import fingerprint
from donations.models import Donation, Message, Words
from donations.wall import messages as messages_wall
from lib import money


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
    return format_html(shown, text, state, mark, pk, fingerprint(text.encode()))


def _read(request: HttpRequest, mark: str, asked: list[tuple[int, str]]) -> list[tuple[int, str]]:
    return [(pk, text) for pk, text in asked if request.POST.get(f"{mark}-{pk}") == fingerprint(text.encode())]
