"""By what the lists of the admin may be narrowed: by the filters that stand beside them, and by nothing else.

Django lets whoever may look at a list add any lookup to its address. By `email__startswith=` a hidden column can be
read letter by letter, and by `name__regex=` a database can be kept busy for ever.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ERROR_FLAG, IGNORED_PARAMS, PAGE_VAR
from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import HttpRequest

OWN = {*IGNORED_PARAMS, PAGE_VAR, ERROR_FLAG}  # Django's own words in the address of a list


class Narrow(admin.ModelAdmin):
    """What the admin site mixes into every ModelAdmin (accounts.staff.admin_site)."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Raises what is answered by a 400: for a lookup that no filter offers, or a value that no column can have."""
        asked = set(request.GET) - OWN
        if asked and (unknown := asked - self._offered(request)):
            raise DisallowedModelAdminLookup(f"nothing narrows {self.opts.label} by {min(unknown)!r}")
        try:
            return super().get_changelist_instance(request)
        except (IncorrectLookupParameters, OverflowError, DataError) as error:
            raise BadRequest("a list cannot be narrowed so") from error

    def _offered(self, request: HttpRequest) -> set[str]:
        offered: set[str] = set()
        item: Any  # a name, a name with a class, or a class
        beside: Any
        for item in self.get_list_filter(request):
            if isinstance(item, type) and issubclass(item, admin.ListFilter):
                beside = item(request, {}, self.model, self)
            else:
                path, kind = (item, admin.FieldListFilter.create) if isinstance(item, str) else item
                field = get_fields_from_path(self.model, path)[-1]
                beside = kind(field, request, {}, self.model, self, field_path=path)
            offered.update(filter(None, beside.expected_parameters()))
        return offered
