"""Stripe's errors: bodies, statuses, codes and messages."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A response that is not a success."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",
        code: str = "",
        param: str = "",
        execution_started: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        # Stripe keeps a response under its idempotency key only if the endpoint had begun its work.
        self.execution_started = execution_started
        self.error: dict[str, Any] = {"message": message, "type": type}
        if code:
            self.error["code"] = code
            self.error["doc_url"] = f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
        if param:
            self.error["param"] = param

    def body(self, request_id: str) -> dict[str, Any]:
        """The body as Stripe words it."""
        log = f"https://dashboard.stripe.com/test/logs/{request_id}?t=0"
        return {"error": {**self.error, "request_log_url": log}}


def parameter_missing(param: str) -> ApiError:
    """A required parameter is not there."""
    return ApiError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)


def parameter_unknown(names: list[str]) -> ApiError:
    """Parameters that the endpoint does not know."""
    plural = "s" if len(names) > 1 else ""
    message = f"Received unknown parameter{plural}: {', '.join(names)}"
    return ApiError(400, message, code="parameter_unknown", param=names[0])


def parameter_invalid(message: str, param: str, code: str = "") -> ApiError:
    """A value that the parameter does not take."""
    return ApiError(400, message, code=code, param=param)


def unsupported(param: str, value: str = "") -> ApiError:
    """Something real at Stripe that the stand-in leaves out: said plainly, so nobody hunts for a mistake of theirs."""
    what = f"{param}={value}" if value else param
    return ApiError(
        400, f"The sandbox does not play {what}. Stripe does: try it with a test key of Stripe.", param=param
    )


def resource_missing(kind: str, id: str, param: str, status: int = 404) -> ApiError:
    """There is no such object."""
    return ApiError(status, f"No such {kind}: '{id}'", code="resource_missing", param=param)


def card_declined(code: str, decline_code: str | None, message: str, intent: dict[str, Any]) -> ApiError:
    """The card was charged in vain; what became of the intent stands in the error."""
    error = ApiError(402, message, type="card_error", code=code, execution_started=True)
    error.error |= {"charge": intent["latest_charge"], "payment_intent": intent}
    if decline_code:
        error.error["decline_code"] = decline_code
    return error


def unrecognized_url(method: str, path: str) -> ApiError:
    """There is no such endpoint."""
    message = (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/."
    )
    return ApiError(404, message)
