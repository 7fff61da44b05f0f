"""The running web process, for tests that need real streams."""

from petra.web.testing import collected, live  # noqa: F401  fixtures
