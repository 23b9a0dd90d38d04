"""The one base of every error a user may see; it becomes `application/problem+json` in one place."""

from collections.abc import Mapping
from typing import Any, ClassVar


class StudioloError(Exception):
    """Something went wrong that a person can act on.

    code: stable name, `<slice>.<what>`; title: short and the same each time; detail: this case; hint: what to do.
    field: the input that is at fault, where there is one.
    """

    code: ClassVar[str] = "studiolo.error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"

    def __init__(self, detail: str, hint: str = "", *, field: str = "", extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint
        self.field = field
        self.extra = dict(extra or {})

    def __str__(self) -> str:
        return f"{self.detail} {self.hint}".strip()

    def problem(self) -> dict[str, Any]:
        """Return the body of RFC 9457 with our members `code`, `hint` and `field`."""
        body: dict[str, Any] = {
            "type": f"about:blank#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }
        if self.hint:
            body["hint"] = self.hint
        if self.field:
            body["field"] = self.field
        return body | self.extra


class Invalid(StudioloError):
    """An input that cannot be used; `field` names it."""

    code, status, title = "studiolo.invalid", 422, "Invalid input"


class NotFound(StudioloError):
    """The thing asked for is not there (or the actor may not know of it)."""

    code, status, title = "studiolo.not_found", 404, "Not found"


class Conflict(StudioloError):
    """The thing is there already, or has changed since it was read."""

    code, status, title = "studiolo.conflict", 409, "Conflict"


class Unauthenticated(StudioloError):
    """Nobody said who is asking, or the proof is no longer good."""

    code, status, title = "auth.unauthenticated", 401, "Please sign in"


class Denied(StudioloError):
    """The actor is known but may not do this."""

    code, status, title = "auth.denied", 403, "Not allowed"


class TooLarge(StudioloError):
    """More bytes than a limit allows."""

    code, status, title = "studiolo.too_large", 413, "Too large"


class DiskFull(StudioloError):
    """The file system of the studio's home has no room left."""

    code, status, title = "studiolo.disk_full", 507, "Disk full"


class Unavailable(StudioloError):
    """Something needed does not answer just now; trying again may help."""

    code, status, title = "studiolo.unavailable", 503, "Not available"


class MissingExtra(StudioloError):
    """A feature needs an optional dependency."""

    code, status, title = "studiolo.missing_extra", 501, "An optional part is not installed"

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs the extra '{extra}'.", f"Install it: pip install 'studiolo[{extra}]'")


class Remote(StudioloError):
    """An error that a server sent, with the server's own code and status."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(
            str(problem.get("detail") or problem.get("title") or problem.get("message") or "The server refused."),
            str(problem.get("hint", "")),
            field=str(problem.get("field", "")),
        )
        self.remote = dict(problem)

    @property
    def remote_code(self) -> str:
        """The server's error code, e.g. `datasets.not_found`."""
        return str(self.remote.get("code", self.code))

    @property
    def remote_status(self) -> int:
        """The HTTP status."""
        return int(self.remote.get("status", 500))

    def problem(self) -> dict[str, Any]:
        """Return the problem as the server sent it."""
        return {**super().problem(), **self.remote}
