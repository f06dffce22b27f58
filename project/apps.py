from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    default_site = "accounts.staff.admin_site.Desk"
