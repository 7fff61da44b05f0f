from django.apps import AppConfig


class ArticlesConfig(AppConfig):
    name = "petra.articles"
    default_auto_field = "django.db.models.BigAutoField"
