from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from datetime import timedelta

        from accounts import letters, post, tidying
        from donations import errands
        from mail import composers

        composers.add(post.KINDS, letters.compose)
        errands.add("tidy accounts", timedelta(days=1), tidying.tidy)
