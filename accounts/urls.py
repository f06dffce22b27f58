from django.urls import path

from accounts.views import data, donations, login, password_reset, registration, settings

urlpatterns = [
    path("register", registration.register, name="register"),
    path("register/sent", registration.register_sent, name="register_sent"),
    path("register/resend", registration.resend, name="resend"),
    path("register/verify", registration.verify, name="verify"),
    path("login", login.login, name="login"),
    path("logout", login.logout, name="logout"),
    path("password-reset", password_reset.ask_reset, name="ask_reset"),
    path("password-reset/sent", password_reset.reset_sent, name="reset_sent"),
    path("password-reset/new", password_reset.reset_password, name="reset_password"),
    path("password-reset/done", password_reset.reset_done, name="reset_done"),
    path("account", donations.account, name="account"),
    path("account/statement", donations.statement, name="account_statement"),
    path("account/settings", settings.account_settings, name="account_settings"),
    path("account/password", settings.change_password, name="change_password"),
    path("account/email", settings.change_email, name="change_email"),
    path("account/email/confirm", settings.confirm_email, name="confirm_email"),
    path("account/logout-everywhere", login.logout_everywhere, name="logout_everywhere"),
    path("account/data", data.my_data, name="account_data"),
    path("account/data/my-data.json", data.export_json, name="account_json"),
    path("account/data/my-gifts.csv", data.export_csv, name="account_csv"),
    path("account/data/my-gifts-european.csv", data.export_european_csv, name="account_european_csv"),
    path("account/delete", data.delete, name="account_delete"),
    path("account/deleted", data.deleted, name="deleted"),
]
