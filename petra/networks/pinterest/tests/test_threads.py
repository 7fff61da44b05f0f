from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from petra.networks.client import Client
from petra.networks.contract import Payload, Target
from petra.networks.registry import network
from petra.networks.staging import MARKER, PICTURE, now

if TYPE_CHECKING:
    from petra.simulator.testing import SimulatedAccount, Simulator


def test_threads_share_connections_and_never_tokens(simulator: Simulator) -> None:
    adapter = network("pinterest")

    def send_ten(account: SimulatedAccount) -> None:
        client = Client(
            base_url=simulator.api_base, page_base=simulator.base, now=now, access_token=account.access_token
        )
        board = account.boards[0].id
        source = {"source_type": "image_url", "url": PICTURE}
        link = adapter.mark_link("https://blog.example/a", f"{MARKER}-{account.username}")
        payload = Payload({"board_id": board, "link": link, "media_source": source})
        for _ in range(10):
            adapter.send(client, Target(account.id, board), payload)

    accounts = simulator.accounts(16, is_unlimited=True)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(send_ten, accounts))
    for account in accounts:
        markers = [pin["marker"] for pin in simulator.pins(account=account.username)]
        assert markers == [f"{MARKER}-{account.username}"] * 10
