"""How the sandbox and its child talk: what stands in front of each frame. Pure; both import it."""

from __future__ import annotations

import struct
from typing import Final

QUESTION: Final = struct.Struct(">I")  # how long it is
ANSWER: Final = struct.Struct(">IB")  # how long it is, and which of these are so
WORN: Final = 1  # the child holds much memory: take a fresh one for the next question
FAILED: Final = 2  # what was asked needed too much memory or depth
