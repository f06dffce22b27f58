"""Signing in and registering: the e-mail address is the name, one spelling per mailbox."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User, normalise

# Far above any password manager's choice: it only keeps the slow hash from chewing on a whole request body.
PASSWORD_LENGTH = 256

# Control characters break the headers of a later mail; the bidirectional overrides make a name look like another.
_hidden_characters = RegexValidator(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]",
    _("Leave out line breaks and hidden characters."),
    inverse_match=True,
)


class EmailField(forms.EmailField):
    """An address in the one spelling in which accounts keep it."""

    def __init__(self) -> None:
        super().__init__(
            label=_("E-mail"),
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
            error_messages={
                "required": _("Type your e-mail address."),
                "invalid": _("Type an e-mail address, like alice@example.org."),
            },
        )

    def clean(self, value: Any) -> str:
        return normalise(super().clean(value))


class LoginForm(forms.Form):
    """After `is_valid()`, `user` is who signed in. A wrong pair is an error of the whole form: it names neither."""

    email = EmailField()
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Type your password.")},
    )

    user: User | None = None

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    @sensitive_variables("password")
    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("email"), self.cleaned_data.get("password")
        if email and password:
            user = authenticate(self.request, email=email, password=password)
            if not isinstance(user, User):
                raise ValidationError(_("That e-mail and password don’t match. Check both."), code="mismatch")
            self.user = user
        return self.cleaned_data


class RegisterForm(forms.Form):
    email = EmailField()
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters. Three or four words that don’t belong together are fine."),
        strip=False,
        max_length=PASSWORD_LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": _("Choose a password.")},
    )
    name = forms.CharField(
        label=_("Name"),
        help_text=_("Optional. Visitors of this site don’t see it."),
        required=False,
        max_length=60,
        validators=[_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    @sensitive_variables("password")
    def clean(self) -> dict[str, Any]:
        email, password = self.cleaned_data.get("email"), self.cleaned_data.get("password")
        if email and password:
            try:
                password_validation.validate_password(password, User(email=email))
            except ValidationError as error:
                self.add_error("password", error)
        return self.cleaned_data

    @sensitive_variables("password")
    def save(self) -> User | None:
        """Make the account. None, with an error on the form, if the address has one already.

        The database decides, not a look beforehand: two at once must not both pass. The password is hashed either
        way, so the time that the answer takes says nothing.
        """
        try:
            with transaction.atomic():
                return User.objects.create_user(**self.cleaned_data)
        except IntegrityError:
            self.add_error(
                "email",
                ValidationError(_("This address can’t be registered. If it is yours, log in."), code="taken"),
            )
            return None
