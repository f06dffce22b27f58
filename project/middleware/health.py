"""/livez and /readyz, answered before the Host check: a load balancer asks by address, not by name."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from project import write_check


class ProbeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info.removesuffix("/")
        if path == "/livez":
            return _plain(200, "ok")
        if path == "/readyz":
            problem = unready()
            return _plain(503 if problem else 200, problem or "ready")
        return self.get_response(request)


def unready() -> str:
    """Why the site cannot serve, in one line; empty when it can."""
    from donations.ledger import (  # the models are not ready yet when the middleware is named in the settings
        append_only,
        mode,
    )

    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are missing: run manage.py migrate"
        if append_only.missing():
            return "the ledger's triggers are missing: run manage.py migrate"
        mode.hold()
    except mode.WrongMode as error:
        return str(error)
    except DatabaseError:
        return "the database does not answer"
    return write_check.problem()


def _plain(status: int, text: str) -> HttpResponse:
    response = HttpResponse(text + "\n", status=status, content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = str(len(response.content))
    return response
