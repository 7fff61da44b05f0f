"""The web door as an ASGI application, served by `petra web`."""

import os
import warnings

from django.core.asgi import get_asgi_application

# WhiteNoise hands files over in pieces, which Django reads at once for an ASGI server: they are small and cached.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "petra.settings")
application = get_asgi_application()
