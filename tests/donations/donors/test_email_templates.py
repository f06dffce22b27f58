"""The words of the letters, as a donor reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils import translation

from donations.donors import email_templates
from donations.donors.email_templates import About
from mail.outbox import Email
from project.env import BASE_DIR

ADA = About(
    to="ada@example.org",
    name="Ada",
    org="The Kettle",
    amount="$25.00",
    amount_short="$25",
    number="1042",
    date="22 November 2026",
    link="https://cup.example/success?session_id=cs_test_1&x=y",
)
AGAIN = "https://cup.example/donate?amount=25"

KINDS: dict[str, Callable[[About], Email]] = {
    "paid": email_templates.paid,
    "landed": email_templates.landed,
    "failed": lambda about: email_templates.failed(about, again=AGAIN),
    "refunded": email_templates.refunded,
    "refund_failed": email_templates.refund_failed,
    "offline": lambda about: email_templates.offline(about, method="cheque"),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


class Read(HTMLParser):
    """What a page says, and the tags it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name == "href"]

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.words = " ".join(f"{self.words} {data}".split())


def test_a_receipt_says_what_arrived_and_what_the_card_cost() -> None:
    letter = email_templates.paid(ADA, fee="$1.03", net="$23.97")
    assert letter.to == "ada@example.org"
    assert letter.subject == "Your $25 to The Kettle, receipt 1042"
    assert letter.text == (
        "Dear Ada, thank you. Your $25.00 arrived on 22 November 2026.\n"
        "Card fee $1.03; $23.97 reached us.\n"
        "\n"
        "Donation receipt 1042: https://cup.example/success?session_id=cs_test_1&x=y\n"
        "Given by: Ada, ada@example.org\n"
        "\n"
        "If this wasn’t you, reply to this e-mail.\n"
        "\n"
        "The Kettle\n"
    )


def test_a_receipt_says_nothing_of_a_fee_that_is_not_known() -> None:
    letter = email_templates.paid(ADA)
    assert "fee" not in letter.text
    assert "fee" not in Read(letter.html).words.lower()
    assert "reached us" not in letter.text + letter.html


def test_a_bank_payment_has_landed() -> None:
    letter = email_templates.landed(ADA, fee="$0.35", net="$24.65")
    assert letter.subject == "Your bank payment of $25 to The Kettle arrived, receipt 1042"
    assert "Your bank payment of $25.00 arrived on 22 November 2026.\nPayment fee $0.35; $24.65 reached" in letter.text
    assert "card" not in (letter.text + Read(letter.html).words).lower()


def test_a_failed_payment_says_that_nothing_was_taken_and_how_to_try_again() -> None:
    letter = email_templates.failed(ADA, again=AGAIN)
    assert letter.subject == "Your $25 didn’t arrive: nothing was taken"
    assert "Your bank turned the payment down, and nothing was taken." in letter.text
    assert "started on 22 November 2026" in letter.text
    assert AGAIN in letter.text
    assert AGAIN in Read(letter.html).links
    assert "receipt" not in (letter.subject + letter.text + letter.html).lower()


def test_a_refund_that_did_not_get_through_is_told_with_what_to_do() -> None:
    letter = email_templates.refund_failed(ADA)
    assert letter.subject == "$25 couldn’t be sent back to you"
    assert "we tried to send $25.00 of your gift to The Kettle back to you" in letter.text
    assert "Reply to this e-mail" in letter.text


def test_a_refund_is_on_its_way_back() -> None:
    letter = email_templates.refunded(ADA)
    assert letter.subject == "$25 is on its way back to you"
    assert (
        "Dear Ada, your $25.00 to The Kettle is on its way back to you. It left us on 22 November 2026" in letter.text
    )


def test_a_part_of_a_gift_is_on_its_way_back() -> None:
    letter = email_templates.refunded(replace(ADA, amount="$10.00", amount_short="$10"), gift="$25.00")
    assert letter.subject == "$10 is on its way back to you"
    assert "$10.00 of your gift of $25.00 to The Kettle is on its way back" in letter.text


@every_kind
def test_text_and_html_say_the_same(kind: str) -> None:
    letter = KINDS[kind](ADA)
    read = Read(letter.html)
    for fact in (
        "Ada",
        "$25.00",
        "22 November 2026",
        "1042",
        "The Kettle",
        "If this wasn’t you, reply to this e-mail.",
    ):
        assert fact in letter.text
        assert fact in read.words
    assert ADA.link in letter.text
    assert ADA.link in read.links


@every_kind
def test_the_html_is_one_table_without_pictures_scripts_or_anything_to_load(kind: str) -> None:
    read = Read(KINDS[kind](ADA).html)
    assert read.tags.count("table") == 1
    assert not {"img", "script", "link", "iframe", "form", "object", "svg"} & set(read.tags)
    assert "url(" not in KINDS[kind](ADA).html


@every_kind
def test_practice_is_said_first(kind: str) -> None:
    letter = KINDS[kind](replace(ADA, practice=True))
    assert letter.subject.startswith("[Practice] ")
    assert letter.text.splitlines()[0] == "Practice: this site runs on test data, and no real money moved."
    assert letter.text.splitlines()[2].startswith("Dear Ada")
    body = letter.html.partition("<body>")[2]
    assert Read(f"<b>{body}").words.startswith("Practice: ")


@every_kind
def test_real_money_is_not_called_practice(kind: str) -> None:
    letter = KINDS[kind](ADA)
    assert "ractice" not in letter.subject + letter.text + letter.html


@every_kind
def test_a_donor_without_a_name_is_a_friend(kind: str) -> None:
    assert "Dear friend," in KINDS[kind](replace(ADA, name="")).text


@every_kind
@pytest.mark.parametrize(
    "name",
    [
        "Żółć Łódź",
        "太郎",
        "Ada & Bob <3",
        'O\'Neil "Bo"',
        "{{ org }} {% now 'Y' %} %(amount)s",
        "J. R. R. Tolkien",
        "🎉",
    ],
)
def test_a_name_is_written_as_it_is(kind: str, name: str) -> None:
    letter = KINDS[kind](replace(ADA, name=name))
    assert f"Dear {name}," in letter.text
    assert f"Dear {name}," in Read(letter.html).words
    assert "&lt;" not in letter.text
    assert "&amp;" not in letter.text


@every_kind
def test_a_name_brings_no_markup(kind: str) -> None:
    html = KINDS[kind](replace(ADA, name="<img src=x onerror=alert(1)>")).html
    assert "<img" not in html


@every_kind
@pytest.mark.parametrize(
    "name", ["https://evil.example", "evil.example", "Win at EVIL.EXAMPLE now", "eve@evil.example"]
)
def test_nobody_sends_a_link_in_our_name_by_giving_it_as_his_own(kind: str, name: str) -> None:
    letter = KINDS[kind](replace(ADA, name=name))
    assert "Dear friend," in letter.text
    assert "evil" not in (letter.subject + letter.text + letter.html).lower()


@every_kind
def test_a_subject_is_one_line_and_holds_no_name(kind: str) -> None:
    letter = KINDS[kind](replace(ADA, name="Ada\r\nBcc: eve@example.org", org="The\nKettle\r\nBcc: eve"))
    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert "Ada" not in letter.subject


@every_kind
def test_a_gift_without_a_page_has_no_broken_link(kind: str) -> None:
    letter = KINDS[kind](replace(ADA, link=""))
    assert "1042\n" in letter.text
    assert [link for link in Read(letter.html).links if link != AGAIN] == []


@every_kind
def test_the_text_has_no_loose_ends(kind: str) -> None:
    for practice in (True, False):
        text = KINDS[kind](replace(ADA, practice=practice)).text
        assert not re.search(r"\n{3}|[ \t]\n|^\s|  |\{|\}|None", text)


def test_every_word_can_be_translated() -> None:
    """Nothing but tags, variables and punctuation stands outside of translate and blocktranslate."""
    for template in sorted((BASE_DIR / "templates" / "mail").iterdir()):
        words = _untranslated(template)
        assert not re.search(r"[A-Za-z]{2}", words), f"{template.name}: {words}"


def _untranslated(template: Path) -> str:
    text = template.read_text()
    for dropped in (
        r"{#.*?#}",
        r"(?s){% blocktranslate.*?%}.*?{% endblocktranslate %}",
        r"(?s)<style>.*?</style>",
        r"{%.*?%}|{{.*?}}",
        r"<[^>]*>",
    ):
        text = re.sub(dropped, "", text)
    return text


def test_letters_of_another_language_fall_back_to_english_words() -> None:
    with translation.override("fa"):
        letter = email_templates.paid(ADA)
    assert 'lang="fa" dir="rtl"' in letter.html
    assert "thank you" in letter.text


def test_a_receipt_carries_what_the_law_asks_for_and_how_it_was_paid() -> None:
    told = replace(ADA, address="1 Quay\nLowtide", registration="12-345", legal="No goods or services were provided.")
    for letter in (email_templates.paid(told, method="Visa"), email_templates.offline(told, method="cheque")):
        for text in (letter.text, letter.html):
            for words in ("Lowtide", "Registration number 12-345", "No goods or services", "Given by"):
                assert words in text
    assert "Paid by: Visa\n" in email_templates.paid(told, method="Visa").text
