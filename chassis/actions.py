"""What a caller may do to one aggregate now: the routes whose command its state, the caller's roles and its institution allow.

No rule is kept here. The roles are those of the route, the state is asked through the guards that every decision passes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field

from chassis.auth import Principal, Role
from chassis.citations import Citation, Regulation, cited
from chassis.decider import Command, Decider
from chassis.problems import Problem


@dataclass(frozen=True)
class CommandRoute:
    """A route with the command that it sends."""

    name: str
    path: str
    roles: frozenset[Role]
    needs_version: bool
    command: type[Command]


class Action(BaseModel):
    """A command that the caller may send to the resource now. What its body says can still be refused."""

    name: str = Field(description="The route's `x-kepil-action` in the OpenAPI document")
    method: str = "POST"
    path: str
    needs_version: bool = Field(description="Whether If-Match with the ETag of this answer is needed")
    clauses: list[Citation] = Field(description="The clauses of the rulebook that the command's facts record")


def command_routes(router: APIRouter) -> Iterator[CommandRoute]:
    """The routes of a router that name their command, in the order of their making."""
    for route in router.routes:
        found = getattr(route.endpoint, "command_route", None) if isinstance(route, APIRoute) else None
        if found is not None:
            yield found


def allowed_actions(
    request: Request,
    router: APIRouter,
    decider: Decider[Any, Any],
    state: Any,
    rules: Any,
    *,
    ids: Mapping[str, str],
    barred: Mapping[type[Command], Problem | None] | None = None,
    regulation: Regulation | None = None,
) -> list[Action]:
    """The actions of an aggregate. `ids` fills the paths; `barred` has what facts beyond the aggregate say against a command, None for
    nothing; `regulation` is the rulebook whose clauses are named, where it is not `rules`."""
    caller: Principal = request.state.principal
    against = {**decider.refusals(state, rules)}
    against.update({command: problem for command, problem in (barred or {}).items() if problem is not None})
    return [
        Action(
            name=route.name,
            path=route.path.format(**ids),
            needs_version=route.needs_version,
            clauses=cited(regulation, partial(_clauses, route.command)),
        )
        for route in command_routes(router)
        if route.command in against and against[route.command] is None and _lets_in(route, caller, state)
    ]


def _clauses(command: type[Command], rulebook: str) -> list[str]:
    return [clause for event in command.records for clause in event.under.get(rulebook, ())]


def _lets_in(route: CommandRoute, caller: Principal, state: Any) -> bool:
    """As the gate and `Context.guard_institution` decide it: an institution's officer acts for its own institution alone."""
    acting = caller.roles & route.roles
    if acting != {Role.institution_officer}:
        return bool(acting)
    return getattr(state, "institution_id", caller.institution) == caller.institution


def problem_of(check: Callable[..., None], *facts: Any) -> Problem | None:
    """What a check of the domain raises for these facts, as a value for `barred`; None if it lets them pass."""
    try:
        check(*facts)
    except Problem as problem:
        return problem
    return None
