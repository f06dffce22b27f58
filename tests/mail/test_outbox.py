"""The outbox against a mail server that does everything a mail server can do wrong, and against kill -9."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import pytest_django
from django.core import mail as django_mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from mail import outbox, transport
from mail.models import Mail
from mail.outbox import Cancel, Email, Retry
from project.env import BASE_DIR
from tests.mail.post_office import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)


def compose(kind: str, key: str) -> Email:
    return Email(to=f"{key}@example.org", subject=f"{kind} {key}", text="Thank you.", html="<p>Thank you.</p>")


def owe(*keys: str) -> Mail:
    for key in keys:
        outbox.enqueue("paid", key)
    return Mail.objects.get(key=keys[-1])


def time_passes(**how: float) -> None:
    """Time passes for all e-mails that wait, claimed or not."""
    step = timedelta(**how)
    for mail in Mail.objects.all():
        next_at = mail.next_at and mail.next_at - step
        Mail.objects.filter(pk=mail.pk).update(next_at=next_at, created_at=mail.created_at - step)


def only_mail() -> Mail:
    return Mail.objects.get()


# --- Owing a letter --------------------------------------------------------------------------------------------------


def test_the_same_letter_is_owed_once() -> None:
    outbox.enqueue("paid", "pi_1")
    outbox.enqueue("paid", "pi_1")
    outbox.enqueue("refunded", "pi_1")
    assert sorted(Mail.objects.values_list("kind", "key")) == [("paid", "pi_1"), ("refunded", "pi_1")]


def test_owing_a_letter_again_leaves_the_transaction_usable_and_the_sent_one_alone(office: PostOffice) -> None:
    owe("ada")
    outbox.send_due(compose)
    with transaction.atomic():
        outbox.enqueue("paid", "ada")
        outbox.enqueue("paid", "bob")
    assert outbox.send_due(compose) == 1
    assert office.times() == {"ada@example.org": 1, "bob@example.org": 1}


def test_a_letter_whose_transaction_is_rolled_back_is_not_owed(office: PostOffice) -> None:
    with transaction.atomic():
        outbox.enqueue("paid", "ada")
        transaction.set_rollback(True)
    assert outbox.send_due(compose) == 0
    assert not office.delivered


def test_owing_a_letter_sends_nothing(office: PostOffice) -> None:
    owe("ada")
    assert not office.dialogues


def test_the_database_knows_no_waiting_letter_without_a_time() -> None:
    owe("ada")
    with pytest.raises(IntegrityError):
        Mail.objects.update(next_at=None)


# --- Sending ---------------------------------------------------------------------------------------------------------


def test_a_letter_is_sent_once_and_marked(office: PostOffice) -> None:
    owe("ada")
    assert outbox.send_due(compose) == 1
    assert outbox.send_due(compose) == 0
    (letter,) = office.delivered
    assert letter.envelope_to == ["ada@example.org"]
    assert letter.message["To"] == "ada@example.org"
    assert letter.message["Subject"] == "paid ada"
    assert letter.message["Auto-Submitted"] == "auto-generated"
    parts = [part.get_content_type() for part in letter.message.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    mail = only_mail()
    assert (mail.state, mail.next_at, mail.error, mail.attempts, mail.lease) == ("sent", None, "", 1, "")
    assert mail.sent_at is not None
    assert mail.message_id == letter.id


def test_the_letter_is_composed_outside_any_transaction(office: PostOffice) -> None:
    owe("ada")

    def watching(kind: str, key: str) -> Email:
        assert not connection.in_atomic_block
        return compose(kind, key)

    assert outbox.send_due(watching) == 1


def test_sending_within_a_transaction_is_refused(office: PostOffice) -> None:
    owe("ada")
    with transaction.atomic(), pytest.raises(RuntimeError):
        outbox.send_due(compose)
    assert not office.dialogues


def test_an_idle_outbox_is_one_query_and_no_dialogue(office: PostOffice) -> None:
    owe("ada")
    outbox.send_due(compose)
    with CaptureQueriesContext(connection) as queries:
        outbox.send_due(compose)
    assert len(queries) == 1
    assert office.dialogues == 1


def test_a_round_takes_the_longest_waiting_and_no_more_than_its_limit(office: PostOffice) -> None:
    owe("ada", "bob", "cid")
    Mail.objects.filter(key="cid").update(next_at=timezone.now() - timedelta(minutes=1))
    assert outbox.send_due(compose, limit=1) == 1
    assert office.times() == {"cid@example.org": 1}


def test_a_slow_mail_server_does_not_hold_a_round_for_long(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    owe("ada", "bob", "cid", "dan")
    office.delay = 0.6
    monkeypatch.setattr(outbox, "ROUND", 0.5)
    assert [outbox.send_due(compose) for _ in range(5)] == [1, 1, 1, 1, 0]
    assert set(office.times().values()) == {1}


def test_every_letter_has_its_own_message_id_on_the_sites_host_and_always_the_same(
    settings: pytest_django.Settings,
) -> None:
    settings.SITE_HOST = "cup.example"
    first, other = owe("ada").message_id, owe("bob").message_id
    assert first != other
    assert first.startswith("<")
    assert first.endswith("@cup.example>")
    Mail.objects.all().delete()  # a restored backup has forgotten that it was sent
    assert owe("ada").message_id == first


# --- A mail server that fails ----------------------------------------------------------------------------------------


def test_a_refused_connection_is_tried_again_later(office: PostOffice, settings: pytest_django.Settings) -> None:
    owe("ada")
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    assert outbox.send_due(compose) == 0
    mail = only_mail()
    assert (mail.state, mail.attempts) == ("waiting", 1)
    assert "refused" in mail.error
    settings.EMAIL_PORT = port
    assert outbox.send_due(compose) == 0, "not at once"
    time_passes(minutes=1)
    assert outbox.send_due(compose) == 1
    assert only_mail().error == ""


@pytest.mark.parametrize("stage", ["HELLO", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", ["hang", "drop", "421 too busy"])
def test_a_server_that_gives_way_before_it_has_the_letter_gets_it_later_and_once(
    office: PostOffice, stage: str, fault: str
) -> None:
    owe("ada")
    office.on = {stage: fault}
    started = time.monotonic()
    assert outbox.send_due(compose) == 0
    assert time.monotonic() - started < 5
    mail = only_mail()
    assert (mail.state, mail.attempts) == ("waiting", 1)
    assert mail.error
    office.on = {}
    time_passes(minutes=1)
    assert outbox.send_due(compose) == 1
    assert office.times() == {"ada@example.org": 1}


@pytest.mark.parametrize("fault", ["hang", "drop"])
def test_a_letter_whose_taking_was_not_answered_is_sent_again_under_the_same_id(office: PostOffice, fault: str) -> None:
    owe("ada")
    office.on = {"LETTER": fault}
    assert outbox.send_due(compose) == 0
    office.on = {}
    time_passes(minutes=1)
    assert outbox.send_due(compose) == 1
    first, second = office.delivered
    assert first.id == second.id


@pytest.mark.parametrize("fault", ["hang", "drop", "500 what?"])
def test_a_good_bye_that_goes_wrong_does_not_make_a_sent_letter_unsent(
    office: PostOffice, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(transport, "GOODBYE", 0.2)
    settings.EMAIL_TIMEOUT = 10
    owe("ada")
    office.on = {"QUIT": fault}
    started = time.monotonic()
    assert outbox.send_due(compose) == 1
    assert time.monotonic() - started < 5, "the letter is taken: nobody waits long for politeness"
    time_passes(days=1)
    assert outbox.send_due(compose) == 0
    assert len(office.delivered) == 1


@pytest.mark.parametrize("stage", ["EHLO", "LETTER"])
def test_a_server_that_drips_its_answer_is_cut_off(
    office: PostOffice, settings: pytest_django.Settings, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setattr(transport, "LIMIT", 0.5)
    settings.EMAIL_TIMEOUT = 5  # for a single answer; each drop starts it anew
    owe("ada")
    office.on = {stage: "drip"}
    started = time.monotonic()
    assert outbox.send_due(compose) == 0
    assert time.monotonic() - started < 4
    assert only_mail().state == "waiting"


@pytest.mark.parametrize("stage", ["RCPT", "LETTER"])
def test_a_temporary_no_to_one_letter_does_not_hold_up_the_others(office: PostOffice, stage: str) -> None:
    owe("ada", "bob")
    office.on = {stage: "451 greylisted, come again"}
    assert outbox.send_due(compose) == 0
    assert office.dialogues == 2
    assert set(Mail.objects.values_list("state", "error")) == {("waiting", "451 greylisted, come again")}
    office.on = {}
    time_passes(minutes=1)
    assert outbox.send_due(compose) == 2


def test_a_server_that_is_away_is_asked_once_a_round(office: PostOffice) -> None:
    owe("ada", "bob", "cid")
    office.on = {"HELLO": "hang"}
    outbox.send_due(compose)
    assert office.dialogues == 1
    assert sorted(Mail.objects.values_list("attempts", flat=True)) == [0, 0, 1]


@pytest.mark.parametrize("stage", ["RCPT", "LETTER"])
def test_a_final_no_ends_it_at_once(office: PostOffice, stage: str) -> None:
    owe("ada")
    office.on = {stage: "550 5.1.1 nobody of that name"}
    assert outbox.send_due(compose) == 0
    mail = only_mail()
    assert (mail.state, mail.next_at, mail.attempts) == ("dead", None, 1)
    assert mail.error == "550 5.1.1 nobody of that name"
    time_passes(days=3)
    outbox.send_due(compose)
    assert office.dialogues == 1


def test_a_final_no_to_us_is_for_the_operator_to_mend_and_the_letter_lives_on(office: PostOffice) -> None:
    owe("ada")
    office.on = {"MAIL": "553 this sender may not"}
    outbox.send_due(compose)
    mail = only_mail()
    assert (mail.state, mail.error) == ("waiting", "553 this sender may not")


def test_the_error_holds_no_address_and_no_password(office: PostOffice, settings: pytest_django.Settings) -> None:
    owe("ada")
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "the-user", "hunter2"
    office.on = {"EHLO": "250-post office\r\n250 AUTH PLAIN", "AUTH": "535 the-user with hunter2 for <ada@example.org>"}
    outbox.send_due(compose)
    assert only_mail().error == "535 … with … for …"


OUR_MISTAKES = {
    "the sender is refused": {"MAIL": "553 this sender may not"},
    "the sender has to sign in": {"MAIL": "530 5.7.0 Authentication required"},
    "the sign-in is refused": {"EHLO": "250-post office\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong password"},
    "there is no sign-in": {"EHLO": "250 post office"},
    "our name is refused": {"EHLO": "550 no", "HELO": "550 no"},
    "relaying is refused": {"RCPT": "554 5.7.1 Relay access denied"},
    "the recipient comes after a sign-in": {"RCPT": "530 5.7.1 sign in first"},
    "the sender is not verified": {"LETTER": "554 Message rejected: Email address is not verified"},
    "the account may not send as this sender": {"LETTER": "550 5.7.60 client may not send as this sender"},
    "the account's limit is reached": {"DATA": "550 5.4.5 Daily user sending limit exceeded"},
    "the server is closed": {"HELLO": "421 closed"},
}
WRONG_SETTINGS: dict[str, dict[str, Any]] = {
    "the host is unknown": {"EMAIL_HOST": "mail.invalid"},
    "the host is no name": {"EMAIL_HOST": "x" * 70 + ".example.org"},
    "nobody listens there": {"EMAIL_PORT": 1},
    "TLS from the first byte, where there is none": {"EMAIL_USE_SSL": True},
    "TLS later, where there is none": {"EMAIL_USE_TLS": True},
    "TLS both ways at once": {"EMAIL_USE_TLS": True, "EMAIL_USE_SSL": True},
    "a password that cannot be sent": {"EMAIL_HOST_USER": "ada", "EMAIL_HOST_PASSWORD": "p\ud83dss"},
    "a backend that does not exist": {"EMAIL_BACKEND": "no.such.Backend"},
}


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [pytest.param(answers, {}, id=name) for name, answers in OUR_MISTAKES.items()]
    + [pytest.param({}, wrong, id=name) for name, wrong in WRONG_SETTINGS.items()],
)
def test_what_the_operator_has_to_mend_keeps_letters_waiting_until_it_is_mended(
    office: PostOffice, settings: pytest_django.Settings, answers: dict[str, str], wrong: dict[str, Any]
) -> None:
    owe("ada")
    if "EHLO" in answers and "HELO" not in answers:
        wrong = {"EMAIL_HOST_USER": "ada", "EMAIL_HOST_PASSWORD": "hunter2"}
    elif "EMAIL_HOST_USER" in wrong:
        answers = {"EHLO": "250-post office\r\n250 AUTH PLAIN"}
    before = {name: getattr(settings, name) for name in wrong}
    office.on = answers
    for name, value in wrong.items():
        setattr(settings, name, value)
    for _ in range(15):
        began = timezone.now()
        assert outbox.send_due(compose) == 0
        mail = only_mail()
        assert mail.state == "waiting"
        assert mail.error
        assert mail.next_at is not None
        assert mail.next_at - began < timedelta(minutes=61), "soon after it is mended"
        Mail.objects.update(next_at=timezone.now())
    office.on = {}
    for name, value in before.items():
        setattr(settings, name, value)
    assert outbox.send_due(compose) == 1
    assert office.times()["ada@example.org"] == 1


@pytest.mark.parametrize(
    "answer", ["550 5.1.1 no such user, says the sender's relay", "550 5.7.1 spam", "552 5.2.2 full", "501 syntax"]
)
@pytest.mark.parametrize("stage", ["RCPT", "LETTER"])
def test_what_is_about_the_recipient_or_the_text_is_not_the_operators(
    office: PostOffice, stage: str, answer: str
) -> None:
    owe("ada")
    office.on = {stage: answer}
    outbox.send_due(compose)
    assert only_mail().state == "dead"


def test_the_pauses_grow_for_two_days_and_then_the_letter_is_dead(office: PostOffice) -> None:
    owe("ada")
    office.on = {"RCPT": "451 not now"}
    pauses = []
    for _ in range(20):
        before = timezone.now()
        outbox.send_due(compose)
        mail = only_mail()
        if mail.next_at is None:
            break
        pauses.append(round((mail.next_at - before).total_seconds() / 60))
        Mail.objects.update(next_at=timezone.now())
    assert pauses[:5] == [1, 5, 15, 60, 240]
    assert pauses == sorted(pauses)
    assert 44 <= sum(pauses) / 60 <= 52
    mail = only_mail()
    assert (mail.state, mail.attempts, mail.error) == ("dead", 10, "451 not now")


def test_a_letter_that_cannot_be_composed_does_not_hold_up_the_others(
    office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    owe("ada", "bob")

    def broken(kind: str, key: str) -> Email:
        if key == "ada":
            raise RuntimeError("about ada@example.org")
        return compose(kind, key)

    assert outbox.send_due(broken) == 1
    mail = Mail.objects.get(key="ada")
    assert (mail.state, mail.error) == ("waiting", "RuntimeError"), "without the text, which may quote the donor"
    assert "RuntimeError" in caplog.text


def test_a_backend_that_breaks_is_tried_again(settings: pytest_django.Settings) -> None:
    owe("ada")
    settings.EMAIL_BACKEND = "no.such.Backend"
    assert outbox.send_due(compose) == 0
    mail = only_mail()
    assert (mail.state, mail.attempts) == ("waiting", 1)


# --- Waiting and closing ---------------------------------------------------------------------------------------------


def test_a_letter_that_must_wait_is_looked_at_again_and_loses_no_attempt(office: PostOffice) -> None:
    owe("ada")
    for _ in range(15):
        assert outbox.send_due(lambda kind, key: Retry("no address")) == 0
        Mail.objects.update(next_at=timezone.now())
    mail = only_mail()
    assert (mail.state, mail.attempts, mail.error) == ("waiting", 0, "no address")
    assert outbox.send_due(compose) == 1


def test_a_letter_that_must_wait_is_looked_at_within_seconds_and_later_hourly(office: PostOffice) -> None:
    owe("ada")

    def pause() -> float:
        now = timezone.now()
        outbox.send_due(lambda kind, key: Retry("no address"))
        at = only_mail().next_at
        assert at is not None
        return (at - now).total_seconds()

    assert 9 < pause() < 12
    time_passes(hours=5)
    assert 3590 < pause() < 3610


def test_after_a_day_without_an_address_the_letter_is_closed(office: PostOffice) -> None:
    owe("ada")
    time_passes(hours=23)
    outbox.send_due(lambda kind, key: Retry("no address"))
    assert only_mail().state == "waiting"
    time_passes(hours=2)
    outbox.send_due(lambda kind, key: Retry("no address"))
    mail = only_mail()
    assert (mail.state, mail.error, mail.next_at) == ("closed", "no address", None)


def test_a_letter_about_nothing_is_closed_at_once(office: PostOffice) -> None:
    owe("ada")
    outbox.send_due(lambda kind, key: Cancel("gone"))
    mail = only_mail()
    assert (mail.state, mail.error) == ("closed", "gone")
    assert not office.dialogues


# --- Headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org\nBcc: eve@example.org",
        "ada@example.org\r\nSubject: you won",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "ada@example.org>\r\nRCPT TO:<eve@example.org",
        "ada",
        "",
    ],
)
def test_an_address_that_is_more_or_less_than_one_address_is_not_written_to(office: PostOffice, address: str) -> None:
    owe("ada")
    outbox.send_due(lambda kind, key: Email(to=address, subject="Thanks", text="x", html="x"))
    assert only_mail().state == "dead"
    assert not office.dialogues


def test_a_subject_cannot_bring_a_header_with_it(office: PostOffice) -> None:
    owe("ada")
    outbox.send_due(
        lambda kind, key: Email("ada@example.org", "Thanks\r\nBcc: eve@example.org\r\n\r\nbody", text="x", html="x")
    )
    (letter,) = office.delivered
    assert letter.envelope_to == ["ada@example.org"]
    assert letter.message["Bcc"] is None
    assert letter.message["Subject"] == "Thanks Bcc: eve@example.org body"


def test_letters_of_every_script_arrive_as_they_were_written(office: PostOffice) -> None:
    owe("ada")
    words = "Grüße, Łukasz, 太郎 🎉 שלום"
    outbox.send_due(lambda kind, key: Email("ada@bücher.example", words, text=words, html=f"<p>{words}</p>"))
    (letter,) = office.delivered
    assert letter.envelope_to == ["ada@xn--bcher-kva.example"]
    assert letter.message["Subject"] == words
    text, html = letter.message.iter_parts()
    assert text.get_content().strip() == words
    assert words in html.get_content()


def test_a_line_of_one_dot_does_not_end_the_letter_early(office: PostOffice) -> None:
    owe("ada")
    outbox.send_due(lambda kind, key: Email("ada@example.org", "Thanks", text="one\n.\ntwo", html="x"))
    text, _ = office.delivered[0].message.iter_parts()
    assert text.get_content().splitlines() == ["one", ".", "two"]


def test_text_that_cannot_be_sent_is_dead_at_once(office: PostOffice) -> None:
    owe("ada", "bob")

    def half_a_character(kind: str, key: str) -> Email:
        return Email(f"{key}@example.org", "Thanks", text="\ud83d" if key == "ada" else "x", html="x")

    assert outbox.send_due(half_a_character) == 1
    assert Mail.objects.get(key="ada").state == "dead"


# --- Send again ------------------------------------------------------------------------------------------------------


def test_a_dead_letter_can_be_sent_again(office: PostOffice) -> None:
    owe("ada")
    office.on = {"RCPT": "550 nobody"}
    outbox.send_due(compose)
    office.on = {}
    assert outbox.send_again(only_mail())
    assert outbox.send_due(compose) == 1
    mail = only_mail()
    assert (mail.state, mail.attempts, mail.error) == ("sent", 1, "")


def test_a_sent_letter_that_is_asked_for_again_is_no_copy_to_a_mail_program(office: PostOffice) -> None:
    owe("ada")
    outbox.send_due(compose)
    assert outbox.send_again(only_mail())
    assert outbox.send_due(compose) == 1
    first, second = office.delivered
    assert first.id != second.id


def test_a_letter_that_is_waiting_or_being_sent_is_not_doubled_by_sending_it_again(office: PostOffice) -> None:
    owe("ada")
    assert not outbox.send_again(only_mail())
    stale = only_mail()
    outbox.send_due(compose)
    assert not outbox.send_again(stale), "the list was loaded before it was sent"
    assert outbox.send_due(compose) == 0
    assert len(office.delivered) == 1


def test_two_clicks_on_send_again_send_one(office: PostOffice) -> None:
    owe("ada")
    outbox.send_due(compose)
    loaded_twice = [only_mail(), only_mail()]
    assert [outbox.send_again(mail) for mail in loaded_twice] == [True, False]
    outbox.send_due(compose)
    outbox.send_due(compose)
    assert len(office.delivered) == 2


# --- Several at once, and kill -9 ------------------------------------------------------------------------------------


@pytest.fixture
def start_sender(office: PostOffice) -> Any:
    """Starts other processes that send the outbox of this test's database."""
    processes: list[subprocess.Popen[str]] = []
    known = connection.settings_dict
    database = json.dumps({key: str(known[key]) for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")})

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.mail.sender", database, str(office.port)],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


Start = Callable[[], "subprocess.Popen[str]"]


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def test_processes_and_threads_that_send_at_once_send_each_letter_once(office: PostOffice, start_sender: Start) -> None:
    keys = [f"donor{number}" for number in range(40)]
    owe(*keys)
    office.delay = 0.02
    senders = [start_sender() for _ in range(2)]
    for sender in senders:
        go(sender)
    counts = []

    def send() -> None:
        try:
            counts.append(outbox.send_due(compose, limit=100))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    counts += [int(sender.communicate(timeout=60)[0]) for sender in senders]
    assert sum(counts) == 40
    assert sum(count > 0 for count in counts) > 1, "the work was shared"
    assert office.times() == {f"{key}@example.org": 1 for key in keys}
    assert set(Mail.objects.values_list("state", flat=True)) == {"sent"}


def killed_at(stage: str, office: PostOffice, start_sender: Start) -> None:
    sender = start_sender()
    office.on, office.victim = {stage: "kill"}, sender.pid
    go(sender)
    assert sender.wait(timeout=30) == -9
    office.on = {}


def test_killed_between_sending_and_marking_one_more_comes_after_the_lease_under_the_same_id(
    office: PostOffice, start_sender: Start
) -> None:
    owe("ada")
    killed_at("LETTER", office, start_sender)
    assert len(office.delivered) == 1
    assert only_mail().state == "waiting"

    assert outbox.send_due(compose) == 0, "the lease holds"
    time_passes(minutes=9)
    assert outbox.send_due(compose) == 0, "the lease still holds"
    time_passes(minutes=2)
    assert outbox.send_due(compose) == 1
    assert outbox.send_due(compose) == 0
    first, second = office.delivered
    assert first.id == second.id
    assert only_mail().state == "sent"


def test_killed_before_the_letter_was_handed_over_it_comes_once(office: PostOffice, start_sender: Start) -> None:
    owe("ada")
    killed_at("RCPT", office, start_sender)
    time_passes(minutes=11)
    assert outbox.send_due(compose) == 1
    assert office.times() == {"ada@example.org": 1}


def test_killed_during_the_good_bye_the_letter_is_marked_already(office: PostOffice, start_sender: Start) -> None:
    owe("ada")
    killed_at("QUIT", office, start_sender)
    assert only_mail().state == "sent"


def test_a_letter_that_kills_every_sender_is_given_up(office: PostOffice) -> None:
    owe("ada")

    class Killed(BaseException):
        pass

    def deadly(kind: str, key: str) -> Email:
        raise Killed

    for _ in range(10):
        with pytest.raises(Killed):
            outbox.send_due(deadly)
        time_passes(minutes=11)
    assert outbox.send_due(deadly) == 0
    assert only_mail().state == "dead"


def test_whoever_outlives_its_lease_marks_nothing(office: PostOffice) -> None:
    owe("ada")

    def slow(kind: str, key: str) -> Retry:
        time_passes(minutes=11)
        assert outbox.send_due(compose) == 1, "another took over"
        return Retry("no address")

    outbox.send_due(slow)
    mail = only_mail()
    assert (mail.state, mail.error) == ("sent", "")
    outbox.send_due(compose)
    assert len(office.delivered) == 1


# --- The admin -------------------------------------------------------------------------------------------------------


def test_the_admin_shows_the_outbox_and_sends_again(office: PostOffice, admin_client: Any) -> None:
    owe("ada")
    office.on = {"RCPT": "550 nobody"}
    outbox.send_due(compose)
    office.on = {}
    page = admin_client.get("/admin/mail/mail/").content.decode()
    assert "550 nobody" in page
    answer = admin_client.post(
        "/admin/mail/mail/", {"action": "send_again", "_selected_action": [only_mail().pk]}, follow=True
    )
    assert "1 e-mail is on its way again." in answer.content.decode()
    assert not office.delivered, "never within a request"
    assert outbox.send_due(compose) == 1


def test_the_admin_changes_nothing_else(admin_client: Any) -> None:
    mail = owe("ada")
    assert admin_client.get("/admin/mail/mail/add/").status_code == 403
    assert admin_client.post(f"/admin/mail/mail/{mail.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.post(f"/admin/mail/mail/{mail.pk}/change/", {"state": "sent"}).status_code == 403
    page = admin_client.get(f"/admin/mail/mail/{mail.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert only_mail().state == "waiting"


def test_looking_does_not_allow_sending(client: Any, django_user_model: Any, office: PostOffice) -> None:
    from django.contrib.auth.models import Permission

    reader = django_user_model.objects.create_user(email="reader@example.org", password="x" * 20)
    reader.is_staff = True
    reader.save()
    reader.user_permissions.add(Permission.objects.get(codename="view_mail"))
    client.force_login(reader)
    owe("ada")
    outbox.send_due(compose)
    assert client.get("/admin/mail/mail/").status_code == 200
    client.post("/admin/mail/mail/", {"action": "send_again", "_selected_action": [only_mail().pk]})
    assert only_mail().state == "sent"


def test_any_backend_of_djangos_will_do(settings: pytest_django.Settings) -> None:
    owe("ada")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert outbox.send_due(compose) == 1
    assert [message.to for message in django_mail.outbox] == [["ada@example.org"]]
