"""The user: an e-mail address is the login (on django.contrib.auth)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lib.people.addresses import normalise
from lib.people.typed_text import tidy


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; a `password` of None leaves the account without one. Raises ValueError without an e-mail.

        Who is made with the right to use the admin is vouched for: the address counts as verified.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        if fields.get("is_staff"):
            fields.setdefault("verified_at", timezone.now())
        user = self.model(email=normalise(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalise(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=60, blank=True)
    is_staff = models.BooleanField(_("may use the admin"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    # When this user proved that e-mails to `email` reach them. Until then nobody signs in, and no gift is joined.
    verified_at = models.DateTimeField(_("address verified"), null=True, blank=True, editable=False)
    # An address that waits to be verified before it takes the place of `email`; and the one before, until it is told.
    new_email = models.EmailField(max_length=254, blank=True, editable=False)
    previous_email = models.EmailField(max_length=254, blank=True, editable=False)
    # Of the pages on which it was made, or signed in last: e-mails are written in it. Empty: in LANGUAGE_CODE.
    language = models.CharField(max_length=10, blank=True, editable=False)
    # Part of what a session is checked against: counting up ends them all.
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = (
            # The form's promise, kept by the database: whatever writes a user, an address stands in one spelling.
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="accounts_user_email_lower"),
        )

    def clean(self) -> None:
        self.email = normalise(self.email)
        self.name = tidy(self.name)

    @property
    def may_sign_in(self) -> bool:
        """Staff are vouched for by whoever gave them the right."""
        return self.verified_at is not None or self.is_staff

    def get_session_auth_hash(self) -> str:
        return self._epochal(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        yield from (self._epochal(value) for value in super().get_session_auth_fallback_hash())

    def _epochal(self, value: str) -> str:
        return f"{value}.{self.session_epoch}"

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]
