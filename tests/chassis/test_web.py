"""REST as a portal meets it: which commands a detail offers, which query a route takes, which methods a path has, what a history cites."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar

import httpx
import pytest
import pytest_asyncio
from fastapi import APIRouter, Depends, FastAPI, Query, Request
from pydantic import BaseModel
from sqlalchemy import Column, MetaData, Table, Text

from chassis.actions import Action, allowed_actions, problem_of
from chassis.auth import Principal, Role
from chassis.context import Accepted
from chassis.decider import Command, Decider, Guard, always, no_rules
from chassis.events import Event, Recorded
from chassis.problem_handlers import install
from chassis.problems import Conflict, Problem, Refused
from chassis.sorting import Order, sorting
from chassis.testing import guards_tell_the_truth
from chassis.web import Commanding, Cursor, Limit, Reading, get, history, post

STATUTE = SimpleNamespace(
    id="statute", clauses={"1": SimpleNamespace(rule="A door is opened."), "2 (a)": SimpleNamespace(rule="A door is shut.")}
)


class Built(Event):
    """A door was built."""


class Opened(Event):
    """It was opened (p. 1)."""

    under: ClassVar = {"statute": ("1", "9"), "another": ("7",)}


class Shut(Event):
    """It was shut (p. 2 (a), and 1 again)."""

    under: ClassVar = {"statute": ("2 (a)", "1")}


@dataclass(frozen=True)
class Door:
    institution_id: str = ""
    open: bool = False


class Build(Command):
    records = (Built,)


class Open(Command):
    records = (Opened,)

    key: str = "right"


class Close(Command):
    """And again shut."""

    records = (Shut,)


def decide(command: Build | Open | Close, state: Door, _rules: None) -> Sequence[Event]:
    match command:
        case Build():
            return [Built()]
        case Open():
            check_key(command.key)
            return [Opened()]
        case Close():
            return [Shut()]


def check_key(key: str) -> None:
    if key != "right":
        raise Conflict("the key does not fit")


def evolve(state: Door, event: Any) -> Door:
    match event:
        case Built():
            return Door("kaznu")
        case Opened():
            return replace(state, open=True)
    return replace(state, open=False)


def _unbuilt(state: Door, _rules: Any) -> None:
    if state.institution_id:
        raise Conflict("it is there")


def _shut(state: Door, _rules: Any) -> None:
    if state.open:
        raise Refused("it is open", clause="1", rulebook="statute")


def _open(state: Door, _rules: Any) -> None:
    if not state.open:
        raise Conflict("it is shut")


GUARDS: dict[type[Command], Guard] = {Build: _unbuilt, Open: _shut, Close: _open}
DOOR: Decider[Door, None] = Decider("door", Door(), decide, evolve, no_rules, GUARDS)

NOW: dict[str, Any] = {"at": datetime(2024, 2, 5, tzinfo=UTC), "by": "somebody"}
DOORS = Table("doors", MetaData(), Column("door_id", Text), Column("city", Text))
BY = sorting("door_id", [DOORS.c.door_id, DOORS.c.city], DOORS.c.door_id)

router = APIRouter(prefix="/v1")


class Detail(BaseModel):
    allowed_actions: list[Action]


@post(router, "/doors", roles=[Role.coordinator], status=201, if_match=False, command=Build)
async def build(ctx: Commanding) -> Accepted:
    """Builds a door."""
    return Accepted(id="d-1", version=1)


@post(router, "/doors/{door_id}/opening", roles=[Role.institution_officer, Role.coordinator], command=Open)
async def open_door(ctx: Commanding, door_id: str) -> Accepted:
    """Opens a door."""
    return Accepted(id=door_id, version=2)


@post(router, "/doors/{door_id}/closing", roles=[Role.institution_officer], if_match=False, command=Close)
async def close_door(ctx: Commanding, door_id: str) -> Accepted:
    """Shuts a door."""
    return Accepted(id=door_id, version=3)


@post(router, "/doors/{door_id}/paint", roles=[Role.coordinator])
async def paint(ctx: Commanding, door_id: str) -> Accepted:
    """Is of no command that a door knows."""
    return Accepted(id=door_id, version=3)


@get(router, "/doors", roles=[])
async def list_doors(
    ctx: Reading,
    order: Annotated[Order, Depends(BY)],
    city: Annotated[str | None, Query(alias="in-city")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> str:
    """Every door."""
    return order.name


@get(router, "/doors/{door_id}", roles=[], response_model=Detail)
async def read_door(ctx: Reading, request: Request, door_id: str, key: str = "right") -> Any:
    """`shut` or `open`."""
    state = Door("kaznu", open=door_id == "open")
    barred: dict[type[Command], Problem | None] = {Open: problem_of(check_key, key), Close: None}
    return {
        "allowed_actions": allowed_actions(request, router, DOOR, state, None, ids={"door_id": door_id}, barred=barred, regulation=STATUTE)
    }


class Gatekeeper:
    """Takes `<subject>/<role>,<role>/<institution>` for a token."""

    async def verify(self, token: str) -> Principal:
        subject, roles, institution = token.split("/")
        return Principal(subject, frozenset(Role(role) for role in roles.split(",")), "iqaa", institution or None)


class Runtime:
    """Gives no context: no endpoint here needs one."""

    async def context(self, **_: Any) -> None:
        return None


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def http() -> httpx.AsyncClient:
    app = FastAPI()
    install(app)
    app.include_router(router)
    app.state.runtime, app.state.authenticator = Runtime(), Gatekeeper()
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://doors", headers=bearer("coordinator"))


def bearer(roles: str, institution: str = "") -> dict[str, str]:
    return {"authorization": f"Bearer somebody/{roles}/{institution}"}


async def names(http: httpx.AsyncClient, door: str, roles: str, institution: str = "") -> list[str]:
    answer = await http.get(f"/v1/doors/{door}", headers=bearer(roles, institution))
    return [action["name"] for action in answer.json()["allowed_actions"]]


class TestActions:
    async def test_an_action_tells_all_that_a_portal_needs(self, http: httpx.AsyncClient) -> None:
        (action,) = (await http.get("/v1/doors/shut")).json()["allowed_actions"]
        assert action == {
            "name": "open_door",
            "method": "POST",
            "path": "/v1/doors/shut/opening",
            "needs_version": True,
            "clauses": [{"id": "1", "rule": "A door is opened."}],
        }

    @pytest.mark.parametrize(
        ("door", "roles", "institution", "expected"),
        [
            ("shut", "coordinator", "", ["open_door"]),
            ("open", "coordinator", "", []),
            ("shut", "institution_officer", "kaznu", ["open_door"]),
            ("open", "institution_officer", "kaznu", ["close_door"]),
            ("open", "institution_officer", "kbtu", []),
            ("shut", "institution_officer", "kbtu", []),
            ("shut", "institution_officer,coordinator", "kbtu", ["open_door"]),
            ("open", "institution_officer,coordinator", "kbtu", []),
            ("open", "institution_officer,coordinator", "kaznu", ["close_door"]),
            ("shut", "auditor", "", []),
        ],
    )
    async def test_an_action_is_open_by_state_role_and_institution(
        self, http: httpx.AsyncClient, door: str, roles: str, institution: str, expected: list[str]
    ) -> None:
        assert await names(http, door, roles, institution) == expected

    async def test_what_facts_beyond_the_aggregate_say_against_a_command_bars_it(self, http: httpx.AsyncClient) -> None:
        assert (await http.get("/v1/doors/shut?key=wrong")).json() == {"allowed_actions": []}

    def test_the_document_names_the_action_of_a_route(self) -> None:
        app = FastAPI()
        app.include_router(router)
        paths = app.openapi()["paths"]
        assert paths["/v1/doors/{door_id}/opening"]["post"]["x-kepil-action"] == "open_door"
        assert "x-kepil-action" not in paths["/v1/doors/{door_id}/paint"]["post"]


class TestGuards:
    def test_a_decision_passes_its_guard_first(self) -> None:
        with pytest.raises(Refused):
            DOOR.decide(Open(**NOW, key="wrong"), Door("kaznu", open=True), None)
        with pytest.raises(Conflict, match="key"):
            DOOR.decide(Open(**NOW, key="wrong"), Door("kaznu"), None)

    @staticmethod
    def commands(_state: Door) -> list[Command]:
        return [Build(**NOW), Open(**NOW), Open(**NOW, key="wrong"), Close(**NOW)]

    def test_every_state_is_walked(self) -> None:
        states = guards_tell_the_truth(DOOR, [], self.commands)
        assert len(states) == 4
        assert set(states) == {Door(), Door(open=True), Door("kaznu", open=True), Door("kaznu")}

    @pytest.mark.parametrize(
        ("spoilt", "words"),
        [
            (GUARDS | {Close: _shut}, "Close"),
            (GUARDS | {Build: _open}, "Build"),
            ({Build: _unbuilt, Open: _shut}, "without guard"),
        ],
        ids=["open where it is refused", "refused where it would be accepted", "no guard"],
    )
    def test_a_guard_that_is_out_of_step_is_found(self, spoilt: dict[type[Command], Guard], words: str) -> None:
        def strict(command: Any, state: Door, rules: None) -> Sequence[Event]:
            GUARDS[type(command)](state, rules)
            return decide(command, state, rules)

        with pytest.raises(AssertionError, match=words):
            guards_tell_the_truth(replace(DOOR, decision=strict, guards=spoilt), [], self.commands)

    def test_a_refusal_that_no_guard_knows_is_found(self) -> None:
        def sticking(command: Any, state: Door, rules: None) -> Sequence[Event]:
            if isinstance(command, Open) and state.institution_id:
                raise Conflict("it sticks")
            return decide(command, state, rules)

        with pytest.raises(AssertionError, match="Open: the guard says None"):
            guards_tell_the_truth(replace(DOOR, decision=sticking), [], self.commands)

    def test_a_command_that_does_not_say_what_it_records_is_found(self) -> None:
        with pytest.raises(AssertionError, match="Close does not say"):
            guards_tell_the_truth(
                replace(DOOR, decision=lambda c, s, r: [Opened()] if isinstance(c, Close) else decide(c, s, r)), [], self.commands
            )

    def test_a_guard_that_lets_everything_pass_is_none_of_a_refusal(self) -> None:
        assert replace(DOOR, guards={Open: always}).refusals(Door(open=True), None) == {Open: None}


class TestQuery:
    @pytest.mark.parametrize("query", ["", "?limit=3", "?in-city=Almaty&sort=-city&limit=3", "?in-city="])
    async def test_a_route_takes_the_parameters_that_it_declares(self, http: httpx.AsyncClient, query: str) -> None:
        assert (await http.get(f"/v1/doors{query}")).status_code == 200

    @pytest.mark.parametrize("name", ["City", "city", "sort[]", "Limit", "order", "page", "%D0%B6", "a/b", ""])
    async def test_another_parameter_is_told_what_is_taken(self, http: httpx.AsyncClient, name: str) -> None:
        answer = await http.get(f"/v1/doors?{name}=1")
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:kepil:problem:invalid")
        (fault,) = answer.json()["errors"]
        assert fault["pointer"].startswith("#/query/")
        assert fault["detail"] == "No parameter of this operation; it takes cursor, in-city, limit, sort."

    async def test_a_command_takes_none(self, http: httpx.AsyncClient) -> None:
        headers = {"idempotency-key": "1", "if-match": '"1"'}
        answer = await http.post("/v1/doors/shut/opening?force=true", headers=headers)
        assert answer.json()["errors"] == [{"pointer": "#/query/force", "detail": "No parameter of this operation; it takes none."}]
        assert (await http.post("/v1/doors/shut/opening", headers=headers)).status_code == 200

    async def test_no_more_faults_are_told_than_a_problem_holds(self, http: httpx.AsyncClient) -> None:
        answer = await http.get("/v1/doors?" + "&".join(f"p{number}=1" for number in range(500)))
        assert len(answer.json()["errors"]) <= 100

    async def test_an_unknown_order_is_told_what_is_accepted(self, http: httpx.AsyncClient) -> None:
        answer = await http.get("/v1/doors?sort=size")
        assert answer.json()["errors"] == [
            {"pointer": "#/query/sort", "detail": "One of these is expected: door_id, -door_id, city, -city."}
        ]

    def test_the_document_tells_the_orders(self) -> None:
        app = FastAPI()
        app.include_router(router)
        (sort,) = (p for p in app.openapi()["paths"]["/v1/doors"]["get"]["parameters"] if p["name"] == "sort")
        assert sort["schema"]["enum"] == ["door_id", "-door_id", "city", "-city"]
        assert (sort["schema"]["default"], sort["required"]) == ("door_id", False)


class TestMethods:
    @pytest.mark.parametrize(
        ("method", "path", "allow"),
        [
            ("DELETE", "/v1/doors", "GET, POST"),
            ("PATCH", "/v1/doors/shut", "GET"),
            ("GET", "/v1/doors/shut/opening", "POST"),
            ("OPTIONS", "/v1/doors", "GET, POST"),
            ("BREW", "/v1/doors", "GET, POST"),
        ],
    )
    async def test_a_wrong_method_is_told_the_right_ones(self, http: httpx.AsyncClient, method: str, path: str, allow: str) -> None:
        answer = await http.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allow)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "urn:kepil:problem:method-not-allowed"


class Shelf:
    """What a context tells of a stream."""

    async def history(self, _decider: Any, aggregate_id: str) -> list[Recorded[Any]]:
        now = NOW["at"]
        return [
            Recorded(event, f"e-{version}", "doors", "iqaa", f"door-{aggregate_id}", version, now, now, {"actor": "somebody"})
            for version, event in enumerate([Built(), Opened(), Shut()], 1)
        ]


class TestHistory:
    async def test_an_entry_cites_the_clauses_of_the_rulebook_that_it_records(self) -> None:
        entries = await history(Shelf(), DOOR, "d-1", STATUTE)  # type: ignore[arg-type]
        assert [[(cited.id, cited.rule) for cited in entry.clauses] for entry in entries] == [
            [],
            [("1", "A door is opened.")],
            [("2 (a)", "A door is shut."), ("1", "A door is opened.")],
        ]

    async def test_without_a_rulebook_nothing_is_cited(self) -> None:
        assert [entry.clauses for entry in await history(Shelf(), DOOR, "d-1")] == [[], [], []]  # type: ignore[arg-type]
