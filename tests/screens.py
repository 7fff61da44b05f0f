"""Takes a picture of every page, state and cause, in both themes and two widths, into artifacts/ (`make screens`)."""

from __future__ import annotations

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["PETRA_SCREENS"] = "1"
    pages = ["tests/journeys/test_every_page.py", "tests/journeys/test_every_sentence.py"]
    sys.exit(pytest.main(["-q", *pages, "-k", "accessible"]))
