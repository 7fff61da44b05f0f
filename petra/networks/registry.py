"""Every network Petra knows. Adding one is a folder beside this file and a line here."""

from __future__ import annotations

from petra.networks.contract import Network
from petra.networks.pinterest.adapter import Pinterest

NETWORKS: dict[str, Network] = {
    "pinterest": Pinterest(),
}


def network(key: str) -> Network:
    """Return the adapter stored under `key`. Raises KeyError: a key in a row that no adapter has is our bug."""
    return NETWORKS[key]
