"""Takes a picture of every page, in both themes and two widths, into artifacts/. `make screens` runs it."""

from __future__ import annotations

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["PETRA_SCREENS"] = "1"
    sys.exit(pytest.main(["-q", "tests/journeys/test_every_page.py", "-k", "accessible"]))
