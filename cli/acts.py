"""What can be asked of the services, by the words that their OpenAPI documents have for it: `sign contract`, `announce visit`."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from cli.serve import SERVICES, service

_PARAMETER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True)
class Act:
    """One request that a service takes. `members` are those of its body, None where it takes none. `versioned`: it is about a version that
    the caller has read; `public`: whoever comes may make it, without a token."""

    words: str
    service: str
    method: str
    path: str
    roles: frozenset[str]
    members: frozenset[str] | None
    required: frozenset[str]
    versioned: bool = False
    public: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """What its path names, such as `case_id`."""
        return tuple(_PARAMETER.findall(self.path))

    def matches(self, path: str) -> bool:
        """Whether a path of a scenario, with references in it, is this one's."""
        own, given = self.path.split("/"), path.split("/")
        return len(own) == len(given) and all(_PARAMETER.fullmatch(a) or a == b for a, b in zip(own, given, strict=True))


@cache
def acts() -> tuple[Act, ...]:
    """Everything that the services take."""
    from chassis.service import build_app
    from chassis.settings import Settings

    found = []
    for name in SERVICES:
        document = build_app(service(name), Settings()).openapi()
        for path, methods in document["paths"].items():
            found += [_act(name, method, path, operation, document) for method, operation in methods.items()]
    return tuple(found)


def commands() -> dict[str, Act]:
    """What can be done, by its words."""
    return {act.words: act for act in acts() if act.method == "post"}


def requested(method: str, path: str) -> Act | None:
    """What `<service>/<path>` asks for; None if no service takes it."""
    name, _, rest = path.partition("?")[0].partition("/")
    return next((act for act in acts() if (act.service, act.method) == (name, method) and act.matches(f"/{rest}")), None)


def _act(name: str, method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> Act:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if schema and "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return Act(
        words=str(operation["summary"]).lower(),
        service=name,
        method=method,
        path=path,
        roles=frozenset(str(role) for role in operation.get("x-kepil-roles", ())),
        members=frozenset(schema["properties"]) if schema and "properties" in schema else None,
        required=frozenset(schema.get("required", ())) if schema else frozenset(),
        versioned=any(each.get("name") == "If-Match" for each in operation.get("parameters", ())),
        public=operation.get("security") == [],
    )
