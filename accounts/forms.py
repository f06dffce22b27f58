"""Forms of accounts: the e-mail address is the name, one spelling per mailbox."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth import authenticate, password_validation
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from lib.people.addresses import AddressField, normalise
from lib.people.typed_text import TidyField

# Far above any password manager's choice: it only keeps the slow hash from chewing on a whole request body.
PASSWORD_LENGTH = 256


class EmailField(AddressField):
    """An address in the one spelling in which accounts keep it."""

    def __init__(self) -> None:
        super().__init__(
            label=_("E-mail"),
            max_length=254,
            widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
            error_messages={
                "required": _("Enter your e-mail address."),
                "invalid": _("Enter an e-mail address, like alice@example.org."),
            },
        )

    def clean(self, value: Any) -> str:
        return normalise(super().clean(value))


class NameField(TidyField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Name"),
            help_text=_("Optional. Visitors to this site don’t see it."),
            required=False,
            max_length=60,
            widget=forms.TextInput(attrs={"autocomplete": "name"}),
        )


class KnownPassword(forms.CharField):
    """The password that somebody has."""

    def __init__(self, label: Any = "") -> None:
        super().__init__(
            label=label or _("Password"),
            strip=False,
            max_length=PASSWORD_LENGTH,
            widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
            error_messages={"required": _("Enter your password.")},
        )


class NewPassword(forms.CharField):
    """A password to be chosen. The form that holds it calls `refuse_weak`."""

    def __init__(self, label: Any = "") -> None:
        super().__init__(
            label=label or _("Password"),
            help_text=_("At least 12 characters. Three or four unrelated words are fine."),
            strip=False,
            max_length=PASSWORD_LENGTH,
            widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
            error_messages={"required": _("Choose a password.")},
        )


@sensitive_variables("password")
def refuse_weak(form: forms.Form, user: User) -> None:
    """Put an error beside the form's field `password` if it is easily guessed."""
    password = form.cleaned_data.get("password")
    if not password:
        return
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        form.add_error("password", error)


class LoginForm(forms.Form):
    """After `is_valid()`, `user` is who signed in. A wrong pair is an error of the whole form: it names neither."""

    email = EmailField()
    password = KnownPassword()

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
                raise ValidationError(
                    _("That e-mail and password don’t match. Check both, or set a new password."), code="mismatch"
                )
            self.user = user
        return self.cleaned_data


class RegisterForm(forms.Form):
    email = EmailField()
    password = NewPassword()
    name = NameField()

    def clean(self) -> dict[str, Any]:
        if email := self.cleaned_data.get("email"):
            refuse_weak(self, User(email=email, name=self.cleaned_data.get("name", "")))
        return self.cleaned_data


class AddressForm(forms.Form):
    """Where a letter is to go: a forgotten password, a link that did not come."""

    email = EmailField()


class VerifyForm(forms.Form):
    """The password that was chosen when registering: the mailbox alone does not open somebody else's account.

    Checked as a sign-in is, so that guesses are counted and end in a lock.
    """

    password = KnownPassword(_("The password you chose"))

    def __init__(self, *args: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user

    @sensitive_variables("password")
    def clean(self) -> dict[str, Any]:
        password = self.cleaned_data.get("password")
        found = password and authenticate(self.request, email=self.user.email, password=password, by_letter=True)
        if password and found != self.user:
            self.add_error("password", ValidationError(_("That is not the password you chose."), code="mismatch"))
        return self.cleaned_data


class NewPasswordForm(forms.Form):
    password = NewPassword(_("New password"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> dict[str, Any]:
        refuse_weak(self, self.user)
        return self.cleaned_data


class ConfirmedForm(forms.Form):
    """What needs the password again: whoever finds a browser signed in must not take the account over.

    Checked as a sign-in is, so that guesses are counted and end in a lock.
    """

    current = KnownPassword(_("Your current password"))

    def __init__(self, *args: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.user = request, user

    @sensitive_variables("current")
    def clean(self) -> dict[str, Any]:
        current = self.cleaned_data.get("current")
        if current and authenticate(self.request, email=self.user.email, password=current) != self.user:
            self.add_error("current", ValidationError(_("That is not your password."), code="mismatch"))
        return self.cleaned_data


class ChangePasswordForm(ConfirmedForm):
    password = NewPassword(_("New password"))

    def clean(self) -> dict[str, Any]:
        super().clean()
        refuse_weak(self, self.user)
        return self.cleaned_data


class ChangeAddressForm(ConfirmedForm):
    email = EmailField()

    field_order = ("email", "current")


class DeleteForm(ConfirmedForm):
    pass


class ChangeNameForm(forms.Form):
    name = NameField()


class PeriodForm(forms.Form):
    """From one day to another, both included."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.validators += [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]

    def clean(self) -> dict[str, Any]:
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", ValidationError(_("The last day is before the first day."), code="order"))
        return self.cleaned_data
