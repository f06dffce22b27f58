"""`python -m bench.stripe PORT`: a Stripe that does nothing but answer, at once or after a while.

`POST /delay/100` makes each later answer take 100 ms. The stand-in of the site books what it is told, and would be what
is slow.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys

_numbers = itertools.count(1)
_answers = {"delay": 0.0}  # seconds


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            sizes = [line.split(":")[1] for line in head.lower().splitlines() if line.startswith("content-length:")]
            await reader.readexactly(int(sizes[0]) if sizes else 0)
            method, path, _ = head.split(" ", 2)
            body = json.dumps(await _answer(method, path)).encode()
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _answer(method: str, path: str) -> dict[str, object]:
    if path.startswith("/delay/"):
        _answers["delay"] = int(path.removeprefix("/delay/")) / 1000
        return {}
    await asyncio.sleep(_answers["delay"])
    if path == "/v1/account":
        return {"id": "acct_bench", "object": "account", "charges_enabled": True}
    if method == "GET":
        return {"object": "list", "data": [], "has_more": False, "url": path}
    number = next(_numbers)
    return {
        "id": f"cs_test_opened{number}",
        "object": "checkout.session",
        "url": f"http://127.0.0.1/pay/{number}",
        "status": "open",
        "payment_status": "unpaid",
    }


async def main(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
