"""All addresses: the pages and the sign-in pages."""

from django.urls import include, path

urlpatterns = [
    path("signin/", include("allauth.account.urls")),
    path("", include("petra.web.urls")),
]

handler403 = "petra.web.errors.forbidden"
handler404 = "petra.web.errors.not_found"
handler500 = "petra.web.errors.server_error"
