from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "petra.webhooks"
    default_auto_field = "django.db.models.BigAutoField"
