"""What can go wrong, as RFC 9457 tells it. Plain exceptions: domain modules raise them, `chassis.problem_handlers` answers.

A `type` is `urn:kepil:problem:<slug>` and is stable: clients may switch on it. The words of `title` and `detail` may change.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

TYPE_PREFIX = "urn:kepil:problem:"

LONGEST_DETAIL = 2_000
LONGEST_FAULT = 500
MOST_ERRORS = 50  # of one answer


class Problem(Exception):
    """The base. `extensions` become members of the problem document and attributes of the exception; None is left out."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong here"

    def __init__(self, detail: str, **extensions: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extensions = {name: value for name, value in extensions.items() if value is not None}

    def __getattr__(self, name: str) -> Any:
        extensions = self.__dict__.get("extensions", {})
        if name in extensions:
            return extensions[name]
        raise AttributeError(f"{type(self).__name__} has no {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.detail, self.__dict__)

    @property
    def type(self) -> str:
        """The stable URI of this kind of problem."""
        return TYPE_PREFIX + self.slug

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer needs besides its content type."""
        return {}

    def document(self, instance: str | None = None, trace_id: str | None = None) -> dict[str, Any]:
        """The members of the problem document, no longer than it says; extensions never replace a standard member."""
        standard = {"type": self.type, "title": self.title, "status": self.status, "detail": _cut(self.detail, LONGEST_DETAIL)}
        if instance is not None:
            standard["instance"] = instance
        if trace_id is not None:
            standard["trace_id"] = trace_id
        return {**standard, **{name: _fitting(name, value) for name, value in self.extensions.items() if name not in standard}}


def _fitting(name: str, value: Any) -> Any:
    if name == "accepts" and isinstance(value, str):
        return _cut(value, LONGEST_DETAIL)
    if name == "errors":
        return [{**fault, "detail": _cut(fault["detail"], LONGEST_FAULT)} for fault in value[:MOST_ERRORS]]
    return value


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _restore(kind: type[Problem], detail: str, state: Mapping[str, Any]) -> Problem:
    problem = kind.__new__(kind, detail)
    problem.__dict__.update(state)
    return problem


class Refused(Problem):
    """A rule of a regulation refuses the command. `clause` names it; `accepts` says what would be accepted."""

    status = 409
    slug = "refused"
    title = "A rule refuses this"

    def __init__(self, reason: str, *, clause: str, rulebook: str | None = None, accepts: str | None = None, **extensions: Any) -> None:
        super().__init__(reason, clause=clause, rulebook=rulebook, accepts=accepts, **extensions)
        self.reason = reason
        self.clause = clause
        self.rulebook = rulebook
        self.accepts = accepts


class NotFound(Problem):
    """There is no such thing, or it is another's: the caller cannot tell which."""

    status = 404
    slug = "not-found"
    title = "Not found"


class MethodNotAllowed(Problem):
    """The path is served, and not by this method. `allow` are the methods that it is served by (RFC 9110, 15.5.6)."""

    status = 405
    slug = "method-not-allowed"
    title = "This path is not served by this method"

    def __init__(self, detail: str, *, allow: Sequence[str] = (), **extensions: Any) -> None:
        super().__init__(detail, **extensions)
        self.allow = tuple(allow)

    @property
    def headers(self) -> dict[str, str]:
        """The methods."""
        return {"Allow": ", ".join(self.allow)}


class Forbidden(Problem):
    """The caller is known and may not do this."""

    status = 403
    slug = "forbidden"
    title = "Not allowed"


class Unauthenticated(Problem):
    """The caller is not known. `error` is RFC 6750's code; None when no token was sent."""

    status = 401
    slug = "unauthenticated"
    title = "A valid access token is needed"

    def __init__(self, detail: str, *, error: str | None = "invalid_token", **extensions: Any) -> None:
        super().__init__(detail, **extensions)
        self.error = error

    @property
    def headers(self) -> dict[str, str]:
        """The challenge of RFC 6750."""
        challenge = 'Bearer realm="kepil"'
        return {"WWW-Authenticate": f'{challenge}, error="{self.error}"' if self.error else challenge}


class Conflict(Problem):
    """The request contradicts a fact that is there already."""

    status = 409
    slug = "conflict"
    title = "This contradicts what is there already"


class ConcurrentChange(Problem):
    """Somebody else changed the resource while the command was being decided; trying again is safe."""

    status = 409
    slug = "concurrent-change"
    title = "Somebody else changed this at the same moment"


class VersionConflict(Problem):
    """`If-Match` names a version that is no longer the current one."""

    status = 412
    slug = "version-conflict"
    title = "The version in If-Match is stale"


class PreconditionRequired(Problem):
    """`If-Match` is missing (RFC 6585)."""

    status = 428
    slug = "precondition-required"
    title = "If-Match is needed"


class IdempotencyKeyMissing(Problem):
    """`Idempotency-Key` is missing."""

    status = 400
    slug = "idempotency-key-missing"
    title = "Idempotency-Key is needed"


class IdempotencyKeyReused(Problem):
    """The key was used for another request."""

    status = 422
    slug = "idempotency-key-reused"
    title = "Idempotency-Key was used for another request"


class Invalid(Problem):
    """The request does not have the shape that the OpenAPI document tells. `errors`: `{"pointer", "detail"}` for each fault."""

    status = 422
    slug = "invalid"
    title = "The request is not valid"

    def __init__(self, detail: str, errors: Sequence[Mapping[str, str]] = (), **extensions: Any) -> None:
        super().__init__(detail, errors=[dict(error) for error in errors], **extensions)


class MalformedJson(Problem):
    """The body is not JSON."""

    status = 400
    slug = "malformed-json"
    title = "The body is not JSON"


class UnsupportedMediaType(Problem):
    """The body is said to be something else than JSON."""

    status = 415
    slug = "unsupported-media-type"
    title = "The body is not of a type that is taken here"


class BodyTooLarge(Problem):
    """The body is larger than the service takes."""

    status = 413
    slug = "body-too-large"
    title = "The body is too large"


class RangeNotSatisfiable(Problem):
    """The part that is asked for lies behind the end of what there is."""

    status = 416
    slug = "range-not-satisfiable"
    title = "There is no such part"

    def __init__(self, detail: str, *, size: int = 0, **extensions: Any) -> None:
        super().__init__(detail, **extensions)
        self.size = size

    @property
    def headers(self) -> dict[str, str]:
        """How much there is."""
        return {"Content-Range": f"bytes */{self.size}"}


class TooManyRequests(Problem):
    """More was sent from one side than is taken in so short a time."""

    status = 429
    slug = "too-many-requests"
    title = "Too many requests"

    def __init__(self, detail: str, *, retry_after: int = 60, **extensions: Any) -> None:
        super().__init__(detail, **extensions)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """When to come again, in seconds."""
        return {"Retry-After": str(self.retry_after)}


class Unavailable(Problem):
    """Something that is needed does not answer just now."""

    status = 503
    slug = "unavailable"
    title = "Not available just now"

    def __init__(self, detail: str, *, retry_after: int = 5, **extensions: Any) -> None:
        super().__init__(detail, **extensions)
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """When to come again, in seconds."""
        return {"Retry-After": str(self.retry_after)}


#: Every kind of problem that an operation can answer with, for the documentation. Another method of its path is no operation.
PROBLEM_TYPES: tuple[type[Problem], ...] = (
    MalformedJson,
    IdempotencyKeyMissing,
    Unauthenticated,
    Forbidden,
    NotFound,
    Refused,
    Conflict,
    ConcurrentChange,
    VersionConflict,
    BodyTooLarge,
    UnsupportedMediaType,
    Invalid,
    IdempotencyKeyReused,
    PreconditionRequired,
    Problem,
    TooManyRequests,
    Unavailable,
)
