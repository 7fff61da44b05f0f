"""The developer app of each network: whose name stands on the consent page, and where the network is.

Called by `connecting`, `tokens` and the pages. Reads settings only. While `SIMULATOR_URL` is set, every network is
simulated there: its own paths on the simulator's host, with the simulator's one app.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from petra.networks.contract import App, Network
from petra.settings import network_setting

# The one app the simulator knows. It opens nothing but simulated accounts.
SIMULATED_CLIENT_ID = "1500000"
SIMULATED_CLIENT_SECRET = "simulated-app-secret"  # noqa: S105


def app_for(network: Network) -> App:
    """Return the app that connects accounts of `network`, and the addresses to call."""
    sign_in = network.sign_in
    if settings.SIMULATOR_URL:
        return App(
            client_id=SIMULATED_CLIENT_ID,
            client_secret=SIMULATED_CLIENT_SECRET,
            api_base=_simulated(sign_in.api_base),
            consent_base=_simulated(sign_in.consent_base),
            page_base=_simulated(sign_in.page_base),
        )
    prefix = sign_in.setting_prefix
    return App(
        client_id=network_setting(prefix, "CLIENT_ID"),
        client_secret=network_setting(prefix, "CLIENT_SECRET"),
        api_base=network_setting(prefix, "API_BASE") or sign_in.api_base,
        consent_base=network_setting(prefix, "CONSENT_BASE") or sign_in.consent_base,
        page_base=network_setting(prefix, "PAGE_BASE") or sign_in.page_base,
    )


def is_configured(network: Network) -> bool:
    """Say whether accounts of `network` can be connected: its app is set, or it is simulated."""
    app = app_for(network)
    return bool(app.client_id and app.client_secret)


def _simulated(address: str) -> str:
    return f"{settings.SIMULATOR_URL}{urlsplit(address).path}"
