"""What the services take, by the names that their OpenAPI documents give it. The console knows no service but through these."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from console.fields import Member, members_of

SERVICES = ("intake", "review", "visits", "council", "monitoring", "notices")

_PARAMETER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Operation:
    """One command. `members` are those of its body, `media` the types of a file that is its body; `resource` is the path of what it is
    about, None where it makes something new; `made` is where that is read, with `{}` for its id, or the list that it comes into."""

    service: str
    name: str
    path: str
    roles: frozenset[str]
    members: tuple[Member, ...]
    media: tuple[str, ...]
    needs_version: bool
    resource: str | None
    offered: bool
    made: str | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """What its path names, such as `case_id`."""
        return tuple(_PARAMETER.findall(self.path))

    def at(self, ids: Iterable[str]) -> str:
        """Its path for these ids; ValueError if there are not as many as it names."""
        return self.path.format(**dict(zip(self.parameters, map(_one, ids), strict=True)))

    def of(self, ids: Iterable[str]) -> str | None:
        """The path of what it is about."""
        return self.resource and self.resource.format(**dict(zip(self.parameters, map(_one, ids), strict=False)))

    def ids_in(self, path: str) -> tuple[str, ...] | None:
        """The ids of a path of this operation; None if it is another's."""
        found = re.fullmatch(_PARAMETER.sub("([^/]+)", self.path), path)
        return found.groups() if found else None


def _one(given: str) -> str:
    """An id as one part of a path, whatever an address says in its place."""
    return quote(given, safe="")


def operations(service: str, document: Mapping[str, Any]) -> dict[str, Operation]:
    """The commands of a service, by their names."""
    readable = [path for path, methods in document["paths"].items() if "get" in methods]
    found = {}
    for path, methods in document["paths"].items():
        if "post" in methods and methods["post"].get("security") != []:
            made = _operation(service, path, methods["post"], readable, document.get("components", {}).get("schemas", {}))
            found[made.name] = made
    return found


def _operation(service: str, path: str, told: Mapping[str, Any], readable: list[str], components: Mapping[str, Any]) -> Operation:
    content = told.get("requestBody", {}).get("content", {})
    body = content.get("application/json", {}).get("schema")
    versioned = any(each.get("name") == "If-Match" for each in told.get("parameters", ()))
    return Operation(
        service=service,
        name=told["operationId"],
        path=path,
        roles=frozenset(told.get("x-kepil-roles", ())),
        members=members_of(body, components) if body else (),
        media=tuple(media for media in content if media != "application/json"),
        needs_version=versioned,
        resource=_resource(path, readable) if versioned or _PARAMETER.search(path) else None,
        offered="x-kepil-action" in told,
        made=_made(path, readable),
    )


def _made(path: str, readable: list[str]) -> str | None:
    """Where what a command makes is read: `/v1/certificates/{}` after `/v1/certificates/recordings` too."""
    for at in (path, path.rpartition("/")[0]):
        if any(_PARAMETER.fullmatch(each.removeprefix(f"{at}/")) for each in readable if each.startswith(f"{at}/")):
            return f"{at}/{{}}"
        if at in readable:
            return at
    return None


def _resource(path: str, readable: list[str]) -> str | None:
    """The longest path that is read and that a command's path goes on from: `/v1/visits/{case_id}` of `/v1/visits/{case_id}/panel`."""
    before = [each for each in readable if path.startswith(f"{each}/")]
    return max(before, key=len, default=None)
