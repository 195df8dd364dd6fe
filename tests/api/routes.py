"""Every route as the services' own OpenAPI documents tell it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from chassis.auth import Role
from chassis.service import build_app
from chassis.settings import Settings
from tests.api.journey import SERVICES


@dataclass(frozen=True)
class Route:
    """One operation of one service. No roles: a public one."""

    service: str
    method: str
    path: str
    roles: frozenset[Role]
    public: bool
    takes_body: bool
    takes_file: bool
    gives_file: bool
    streams: bool
    needs_version: bool
    query: frozenset[str]

    def taking(self, **params: Any) -> dict[str, Any]:
        """Those of these query parameters that the route takes, with what it must have."""
        return {name: value for name, value in {**ASKED.get(self.path, {}), **params}.items() if name in self.query}

    @property
    def is_list(self) -> bool:
        """Whether it answers with pages."""
        return "cursor" in self.query

    def __str__(self) -> str:
        return f"{self.method} {self.service}{self.path}"

    @property
    def resource(self) -> str:
        """What a command is about: most have an address below it."""
        return self.path if self.path in ITSELF else self.path.rpartition("/")[0]

    @property
    def role(self) -> Role:
        """A role that is let in: an agency's own where there is one."""
        preferred = (Role.coordinator, Role.director, Role.institution_officer)
        return next((role for role in preferred if role in self.roles), min(self.roles, default=Role.auditor))


#: What an agency has one of, and is written whole.
ITSELF = ("/v1/letterhead",)
#: What the query of a read must have.
ASKED = {"/v1/search": {"q": "university"}}


@cache
def openapi(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service, as it is served."""
    app = build_app(import_module(f"services.{service}.app").SERVICE, Settings())
    return dict(app.openapi())


def operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Service, method, path and operation of everything in the documents."""
    for service in SERVICES:
        for path, methods in openapi(service)["paths"].items():
            for method, operation in methods.items():
                yield service, method.upper(), path, operation


STREAM = "text/event-stream"


def _media(operation: dict[str, Any]) -> set[str]:
    """The types of what an operation answers with where all is well."""
    return {media for status, answer in operation["responses"].items() if status.startswith("2") for media in answer.get("content", ())}


def _routes() -> Iterator[Route]:
    for service, method, path, operation in operations():
        yield Route(
            service,
            method,
            path,
            frozenset(Role(role) for role in operation.get("x-kepil-roles", ())),
            public=operation.get("security") == [],
            takes_body="application/json" in operation.get("requestBody", {"content": {}})["content"],
            takes_file="application/json" not in operation.get("requestBody", {"content": {"application/json": {}}})["content"],
            gives_file=method == "GET" and _media(operation).isdisjoint({"application/json", STREAM}),
            streams=STREAM in _media(operation),
            needs_version=any(each["name"] == "If-Match" for each in operation.get("parameters", ())),
            query=frozenset(each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"),
        )


ROUTES = list(_routes())
COMMANDS = [route for route in ROUTES if route.method == "POST" and not route.takes_file and not route.public]
#: What only reads, and ends; a file that is given out is recorded.
READS = [route for route in ROUTES if route.method == "GET" and not route.public and not route.gives_file and not route.streams]
#: What gives out a file.
FILES = [route for route in ROUTES if route.gives_file and not route.public]

#: Reads that the rulebook of the finished case knows nothing of: it is refused with its clause. IQAA's own cases are asked elsewhere.
UNKNOWN_TO_ORDER_109 = ("/v1/considerations/{case_id}/deqar-export",)
