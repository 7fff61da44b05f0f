"""All addresses: the pages, the sign-in pages and the door for cron."""

from django.urls import include, path

from petra.api import cron

urlpatterns = [
    path("api/cron/publish", cron.publish, name="cron_publish"),
    path("signin/", include("allauth.account.urls")),
    path("", include("petra.web.urls")),
]

handler403 = "petra.web.errors.forbidden"
handler404 = "petra.web.errors.not_found"
handler500 = "petra.web.errors.server_error"
