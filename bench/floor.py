"""The floor: a bare asyncio loop that claims, sends and settles, with three commits per delivery and nothing else.

Runs as a process of its own (`python -m bench.floor`), on tables of its own in the benchmark's database, against the
same simulator and with a request body of the same size. One task per account, so that accounts are serial here too.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from urllib.parse import urlsplit

import psycopg
from psycopg_pool import AsyncConnectionPool

from bench.furniture import ROOT, Bench

_CONNECTIONS = 16
_CLAIM = """
update floor_delivery set state = 'sending' where id = (
  select id from floor_delivery where account = %s and state = 'planned' and due_at <= now()
  order by due_at limit 1 for update skip locked) returning id
"""


def measure(bench: Bench, *, deliveries: int, accounts: int) -> float:
    """Give the floor in deliveries per second."""
    profiles = bench.simulator.accounts(accounts, prefix="floor-", is_unlimited=True)
    with psycopg.connect(bench.owner_url, autocommit=True) as owner:
        owner.execute(
            "create table floor_delivery (id bigserial primary key, account int, state text, due_at timestamptz)"
        )
        owner.execute("create index on floor_delivery (account, due_at) where state = 'planned'")
        owner.execute("create table floor_attempt (id bigserial primary key, delivery bigint, remote text)")
        owner.execute(
            "insert into floor_delivery (account, state, due_at)"
            " select n %% %s, 'planned', now() from generate_series(0, %s) n",
            [accounts, deliveries - 1],
        )
        owner.execute("analyze floor_delivery")
    asked = {
        "url": bench.owner_url,
        "api": bench.simulator.base,
        "accounts": [(p.access_token, p.boards[0].id) for p in profiles],
        "deliveries": deliveries,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.floor"],
        input=json.dumps(asked),
        cwd=ROOT,
        env=os.environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return deliveries / float(json.loads(done.stdout)["seconds"])


async def run(url: str, api: str, accounts: list[tuple[str, str]], deliveries: int) -> float:
    pool = AsyncConnectionPool(
        url, min_size=_CONNECTIONS, max_size=_CONNECTIONS, kwargs={"autocommit": True}, open=False
    )
    async with pool:
        started = time.monotonic()
        tasks = (_account(pool, api, number, token, board) for number, (token, board) in enumerate(accounts))
        done = await asyncio.gather(*tasks)
        seconds = time.monotonic() - started
    if sum(done) != deliveries:
        raise RuntimeError(f"the floor sent {sum(done)} of {deliveries}")
    return seconds


async def _account(pool: AsyncConnectionPool, api: str, number: int, token: str, board: str) -> int:
    parts = urlsplit(api)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    sent = 0
    while True:
        async with pool.connection() as connection:
            row = await (await connection.execute(_CLAIM, [number])).fetchone()
            if row is None:
                break
            made = await connection.execute("insert into floor_attempt (delivery) values (%s) returning id", [row[0]])
            attempt = await made.fetchone()
        remote = await _send(reader, writer, token, board, row[0])
        async with pool.connection() as connection:
            await connection.execute(
                "with a as (update floor_attempt set remote = %s where id = %s)"
                " update floor_delivery set state = 'published' where id = %s",
                [remote, attempt[0] if attempt else None, row[0]],
            )
        sent += 1
    writer.close()
    return sent


async def _send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str, board: str, number: int) -> str:
    body = json.dumps(
        {
            "board_id": board,
            "title": f"Ten summer salads, number {number}",
            "description": "Quick, cold and green.",
            "link": f"https://blog.example/salads/?utm_content=floor{number}",
            "media_source": {"source_type": "image_base64", "content_type": "image/jpeg", "data": PICTURE},
        }
    ).encode()
    head = (
        f"POST /v5/pins HTTP/1.1\r\nHost: simulator\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    status = await reader.readline()
    length = 0
    while (line := await reader.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    answer = json.loads(await reader.readexactly(length))
    if b" 201 " not in status:
        raise RuntimeError(f"the simulator refused: {answer}")
    return str(answer["id"])


def _picture() -> str:
    """Make a picture like the benchmark's, in base64."""
    from base64 import b64encode
    from io import BytesIO

    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (1000, 1500), "#7a8f5a").save(file, "JPEG", quality=85)
    return b64encode(file.getvalue()).decode()


PICTURE = ""

if __name__ == "__main__":
    PICTURE = _picture()
    print(json.dumps({"seconds": asyncio.run(run(**json.load(sys.stdin)))}))
