"""Caddy and nginx, as deploy/ sets them up, before the real site, where they are installed: apt install caddy nginx."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from pathlib import Path

import pytest

from project.env import BASE_DIR
from tests.project.running import SECRET_KEY, free_port, running
from tests.system.journeys.databases import Database

pytestmark = pytest.mark.slow
DEPLOY = BASE_DIR / "deploy"
UNTRUSTING = ssl._create_unverified_context()


@dataclass(frozen=True)
class Proxy:
    """A proxy with the site behind it; `plain` is its port for http."""

    port: int
    plain: int

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> HTTPResponse:
        connection = HTTPSConnection("localhost", self.port, timeout=15, context=UNTRUSTING)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        try:
            answer.body = answer.read()  # type: ignore[attr-defined]
        except IncompleteRead as cut:
            # Caddy passes a refusal on and loses its end, when the site closes before all was sent to it.
            answer.body = cut.partial  # type: ignore[attr-defined]
        connection.close()
        return answer


def caddy(folder: Path, proxy: Proxy, site: int) -> tuple[list[str], dict[str, str]]:
    options = (
        f"{{\nadmin off\nskip_install_trust\nhttp_port {proxy.plain}\nhttps_port {proxy.port}\n"
        f"storage file_system {folder}/storage\n}}\n"
    )
    (folder / "Caddyfile").write_text(options + (DEPLOY / "Caddyfile").read_text())
    command = ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return command, {
        "SITE_URL": f"https://localhost:{proxy.port}",
        "UPSTREAM": f"localhost:{site}",
        "HOME": str(folder),
    }


def nginx(folder: Path, proxy: Proxy, site: int) -> tuple[list[str], dict[str, str]]:
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run(
        [*made, "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"], check=True, capture_output=True
    )
    ours = (DEPLOY / "nginx.conf").read_text()
    for was, is_ in (
        ("/etc/letsencrypt/live/give.example.org", str(folder)),
        ("give.example.org", "localhost"),
        ("https://$host$", f"https://$host:{proxy.port}$"),
        ("127.0.0.1:8000", f"127.0.0.1:{site}"),
        (":80;", f":{proxy.plain};"),
        (" 80;", f" {proxy.plain};"),
        (":443 ", f":{proxy.port} "),
        (" 443 ", f" {proxy.port} "),
    ):
        ours = ours.replace(was, is_)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{ours}}}\n"
    )
    return ["nginx", "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")], {}


@pytest.fixture(scope="module", params=[caddy, nginx], ids=["caddy", "nginx"])
def proxy(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    set_up = request.param
    if not (shutil.which(set_up.__name__) and shutil.which("curl")):
        pytest.skip(f"{set_up.__name__} is not installed")
    # Only now: making a database takes seconds.
    new_sqlite: Callable[[], Database] = request.getfixturevalue("new_sqlite")
    folder = tmp_path_factory.mktemp(set_up.__name__)
    proxy, port = Proxy(free_port(), free_port()), free_port()
    site = {
        "SECRET_KEY": SECRET_KEY,
        "PORT": str(port),
        "SITE_URL": f"https://localhost:{proxy.port}",
        "TRUSTED_PROXIES": "1",
        "SANDBOX": "true",
        "EMAIL_URL": "dummymail://",
        "DATABASE_URL": new_sqlite().url,
    }
    command, variables = set_up(folder, proxy, port)
    with ExitStack() as stack:
        stack.enter_context(running("-m", "project.serve", port=port, **site))
        process = stack.enter_context(
            subprocess.Popen(command, env=variables | {"PATH": "/usr/sbin:/usr/bin:/bin"}, stderr=subprocess.DEVNULL)
        )
        stack.callback(process.terminate)
        deadline = time.monotonic() + 20
        while True:
            try:
                if proxy.ask("GET", "/readyz").status == 200:
                    break
            except OSError:
                pass
            assert time.monotonic() < deadline, "the proxy did not come up"
            time.sleep(0.1)
        yield proxy


def test_plain_http_leads_to_https_for_good(proxy: Proxy):
    with closing(HTTPConnection("localhost", proxy.plain, timeout=10)) as connection:
        connection.request("GET", "/donate?amount=5")
        answer = connection.getresponse()
    assert answer.status in {301, 308}
    assert (answer.headers["Location"] or "").startswith("https://localhost")
    assert (answer.headers["Location"] or "").endswith("/donate?amount=5")


def test_the_security_headers_come_through_once_each(proxy: Proxy):
    answer = proxy.ask("GET", "/donate")
    assert answer.status == 200
    for name in (
        *("Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"),
        *("Referrer-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy"),
    ):
        assert len(answer.headers.get_all(name) or []) == 1, name
    cookies = answer.headers.get_all("Set-Cookie") or []
    assert cookies
    assert all("Secure" in cookie and cookie.startswith("__Host-") for cookie in cookies)


def test_a_visitor_can_claim_neither_a_scheme_nor_a_request_id(proxy: Proxy):
    claimed = {"X-Forwarded-Proto": "http", "X-Forwarded-For": "198.51.100.9", "X-Request-ID": "mine-not-yours"}
    answer = proxy.ask("GET", "/donate", claimed)
    assert answer.status == 200, "not sent round to https"
    assert answer.headers["X-Request-ID"] != "mine-not-yours"


def test_head_has_no_body_and_the_next_answer_is_the_right_one(proxy: Proxy):
    with closing(HTTPSConnection("localhost", proxy.port, timeout=15, context=UNTRUSTING)) as connection:
        for _ in range(3):
            connection.request("HEAD", "/")
            assert connection.getresponse().read() == b""
            connection.request("GET", "/livez")
            assert connection.getresponse().read() == b"ok\n"


def test_slow_bodies_keep_nobody_else_waiting(proxy: Proxy):
    with ExitStack() as stack:
        for _ in range(40):
            raw = stack.enter_context(socket.create_connection(("localhost", proxy.port), timeout=15))
            slow = stack.enter_context(UNTRUSTING.wrap_socket(raw, server_hostname="localhost"))
            slow.sendall(b"POST /donate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\na=")
        begun = time.monotonic()
        assert proxy.ask("GET", "/donate").status == 200
        assert time.monotonic() - begun < 8


def test_a_body_that_is_too_large_is_refused(proxy: Proxy):
    answer = proxy.ask("POST", "/stripe-webhook/", {"Content-Type": "application/json"}, b"x" * 3_000_000)
    # Caddy's own refusal is a 502 when the site closes before all is sent.
    assert answer.status in {413, 502}


def test_http_2_is_spoken(proxy: Proxy):
    asked = ["curl", "-sk", "--http2", "-o", "/dev/null", "-w", "%{http_version} %{http_code}"]
    done = subprocess.run([*asked, f"https://localhost:{proxy.port}/"], capture_output=True, text=True, timeout=15)
    assert done.stdout == "2 200"
