from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from petra.networks.pinterest.tests import specification
from petra.networks.pinterest.tests.specification import Exchange, Recorder


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """Listens in; afterwards everything that was said must be valid by the official file, where that is at hand."""
    listening = Recorder()
    yield listening
    listening.close()
    if specification.is_here():
        found = [line for one in listening.exchanges if is_meant(one) for line in specification.complaints(one)]
        assert found == []


def is_meant(exchange: Exchange) -> bool:
    """Leave out answers that a test broke on purpose: a proxy's page, half a JSON."""
    if exchange.status is None or not exchange.response_body:
        return True
    try:
        json.loads(exchange.response_body)
    except ValueError:
        return False
    return True
