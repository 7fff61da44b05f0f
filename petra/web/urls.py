"""The pages' addresses."""

from django.urls import path

from petra.web import components, health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("components", components.components, name="components"),
]
