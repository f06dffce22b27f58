"""Requests are whole HTTP, and both clients read them from one file."""

from pathlib import Path

from bench import client, load


def test_a_request_with_a_body_is_a_post_of_its_length():
    asked = load.raw(8000, "/hook", body=b"{}", headers=["X-A: 1"])
    assert asked == b"POST /hook HTTP/1.1\r\nHost: localhost:8000\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n{}"
    assert load.raw(8000, "/") == b"GET / HTTP/1.1\r\nHost: localhost:8000\r\n\r\n"


def test_the_client_reads_what_was_written(tmp_path: Path):
    requests = [load.raw(1, "/a"), load.raw(1, "/b", body="ö".encode())]
    file = tmp_path / "requests"
    with file.open("wb") as opened:
        load.write(opened, requests)
    assert client.read(file) == requests
