"""The shared suite explains its failures as test files do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("petra.networks.conformance", "petra.networks.staging")
