from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "petra.accounts"
    default_auto_field = "django.db.models.BigAutoField"
