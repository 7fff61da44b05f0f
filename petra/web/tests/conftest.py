"""The running web process, for tests that need real streams, and the furniture of the calendar's tests."""

from petra.web.testing import collected, live  # noqa: F401  fixtures
from petra.web.tests.calendar_furniture import alice, rows, wednesday  # noqa: F401  fixtures
from petra.web.tests.needs_you_furniture import bobs, browser, house  # noqa: F401  fixtures
