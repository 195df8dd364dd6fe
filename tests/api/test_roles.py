"""Every route with every role and every kind of bad token: who is let in is what the OpenAPI document says, and nobody else."""

import time
from collections.abc import Iterator
from datetime import timedelta

import httpx
import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

from chassis.auth import Role
from chassis.issuer import development_token
from tests.api.journey import Journey
from tests.api.ledger import Ledger
from tests.api.problems import problem
from tests.api.routes import COMMANDS, READS, ROUTES, UNKNOWN_TO_ORDER_109, Route

CLOSED = [route for route in ROUTES if not route.public and not route.gives_file]


def test_every_route_declares_its_roles_but_the_public_ones() -> None:
    register, entry = "GET council/v1/register", "GET council/v1/register/{agency}/{certificate_id}"
    files = {f"{register}{of}.{kind}" for of in ("", "/decisions") for kind in ("csv", "json")}
    survey, verification = "monitoring/v1/open-surveys/{agency}/{survey_id}", "council/v1/verification/{agency}"
    asked = {f"GET {verification}/{what}" for what in ("keys", "status/{purpose}/{status_list}", "{number}")}
    public = {register, f"{register}/decisions", f"{register}/facets", *files, entry, f"{entry}/report"}
    public |= {f"GET {survey}", f"POST {survey}/answers", *asked, f"POST {verification}/document"}
    assert {str(route) for route in ROUTES if not route.roles} == public
    assert {str(route) for route in ROUTES if route.public} == public
    assert len(COMMANDS) > 25
    assert len(READS) > 25


def _acts(resource: str, *acts: str) -> set[str]:
    return {f"/v1/{resource}/{act}" for act in acts}


#: State attestation (order 109 of 2008): what its officers, its experts and the organisations do there.
AT_ATTESTATIONS = {
    Role.authorised_body_officer: {
        *("/v1/attestation-subjects", "/v1/interim-control-limits", "/v1/attestation-proposals", "/v1/attestation-schedules"),
        *_acts("attestation-subjects/{institution_id}", "interim-controls", "removal"),
        *("/v1/attestations", "/v1/controls"),
        *_acts("attestations/{attestation_id}", "amendments", "cancellation", "change-refusals", "dates-notice"),
        *_acts("attestation-materials/{attestation_id}", "analysis", "missing-notice"),
        *_acts("attestation-visits/{attestation_id}", "commission", "replacements"),
        *_acts("controls/{control_id}", "discipline-proposal", "discipline-approval", "learners", "sample", "results", "conclusion"),
        *_acts("attestation-conclusions/{attestation_id}", "second-copy"),
        *_acts("attestation-decisions/{attestation_id}", "decision", "notice", "suspension", "fine-referral", "restoration"),
        *_acts("attestation-decisions/{attestation_id}", "deprivation-referral"),
        *_acts("rechecks/{recheck_id}", "commission"),
    },
    Role.expert: {
        *_acts("attestation-visits/{attestation_id}", "tasks", "beginning", "progress", "notes", "joint-commission", "questionnaires"),
        *_acts("attestation-visits/{attestation_id}", "results-analysis", "end"),
        *("/v1/controls", *_acts("controls/{control_id}", "sample", "results", "conclusion")),
        *_acts("attestation-conclusions/{attestation_id}", "drafts", "signatures"),
        *_acts("rechecks/{recheck_id}", "holding"),
    },
    Role.institution_officer: {
        *_acts("attestations/{attestation_id}", "announcement", "change-requests"),
        *_acts("attestation-materials/{attestation_id}", "receipts"),
        *_acts("controls/{control_id}", "learners"),
    },
}


def test_nobody_has_a_command_that_is_another_ones_to_give() -> None:
    """The documents tell what the routes declare; this tells what they may declare."""
    given = {role: {route.path for route in COMMANDS if role in route.roles} for role in Role}
    for reader in (Role.auditor, Role.operator, Role.service):
        assert given[reader] == set(), reader
    assert given[Role.authorised_body_officer] == AT_ATTESTATIONS[Role.authorised_body_officer]
    assert given[Role.institution_officer] == {
        "/v1/applications",
        "/v1/applications/{case_id}/documents",
        "/v1/applications/{case_id}/contract-signatures",
        "/v1/applications/{case_id}/withdrawal",
        "/v1/reports/{case_id}/electronic",
        "/v1/reports/{case_id}/versions",
        "/v1/reports/{case_id}/final-version",
        "/v1/considerations/{case_id}/appeals",
        "/v1/complaints",
        "/v1/certificates/{certificate_id}/duplicate-application",
        "/v1/visits/{case_id}/objections",
        "/v1/visits/{case_id}/factual-check-answer",
        "/v1/monitoring-visits/{cycle_id}/objections",
        "/v1/certificates/{certificate_id}/receipt",
        *(f"/v1/plans/{{plan_id}}/{act}" for act in ("documents-received", "submissions", "amendments", "progress")),
        "/v1/cycles",
        *(f"/v1/cycles/{{cycle_id}}/{act}" for act in ("reports", "information")),
        "/v1/webhook-endpoints",
        *_acts("webhook-endpoints/{endpoint_id}", "change", "rotation", "test-event", "disabling", "enabling", "removal", "recovery"),
        *_acts("webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}", "resend"),
        *_acts("letters/{letter_id}", "receipt"),
        *AT_ATTESTATIONS[Role.institution_officer],
    }
    assert given[Role.council_member] == {f"/v1/considerations/{{case_id}}/{act}" for act in ("recusals", "votes")}
    assert given[Role.expert_council_member] == {f"/v1/considerations/{{case_id}}/{act}" for act in ("report-check", "conclusion")}
    at_visits = {f"/v1/visits/{{case_id}}/{act}" for act in ("studied", "start", "interruption", "completion", "report")}
    assert given[Role.expert] == {*at_visits, "/v1/monitoring-visits/{cycle_id}/report", *AT_ATTESTATIONS[Role.expert]}
    for act, alone in (
        ("votes", Role.council_member),
        ("decision", Role.director),
        ("appeal-outcome", Role.director),
        ("panel-statement", Role.director),
    ):
        assert next(route.roles for route in COMMANDS if route.path.endswith(f"/{act}")) == {alone}


#: What a role reads of other matters than the finished case's: its document is of an accreditation.
NO_MATTER_OF = {(Role.authorised_body_officer, "/v1/documents/{document_id}")}


async def _ask(case: Journey, route: Route, token: str | None) -> httpx.Response:
    headers = {"idempotency-key": "roles"} | ({} if token is None else {"authorization": f"Bearer {token}"})
    url = case.url(route.service, route.path)
    # A command without If-Match or with an empty body is refused after the caller was let in: nothing can happen.
    body = {} if route.takes_body else None
    if route.takes_file:
        headers["content-type"] = "text/csv"  # and an empty file
    async with case.http.stream(route.method, url, params=route.taking() or None, json=body, headers=headers) as answer:
        if not (route.streams and answer.is_success):  # such a one does not end by itself
            await answer.aread()
    return answer


@pytest.mark.parametrize("role", list(Role), ids=str)
async def test_a_role_is_let_in_exactly_where_the_document_says(case: Journey, ledger: Ledger, role: Role) -> None:
    token = case.token(case.actor(role))
    let_in = 0
    async with ledger.unchanged(case.agency):
        for route in CLOSED:
            answer = await _ask(case, route, token)
            if role not in route.roles:
                assert problem(answer, 403, slug="forbidden")["roles"] == sorted(route.roles), str(route)
                continue
            let_in += 1
            assert answer.status_code not in (401, 403), f"{role} is kept out of {route}: {answer.text}"
            read = (409,) if route.path in UNKNOWN_TO_ORDER_109 else (404,) if (role, route.path) in NO_MATTER_OF else (200,)
            assert answer.status_code in (read if route.method == "GET" else (422, 428)), f"{route}: {answer.text}"
    assert let_in == sum(role in route.roles for route in CLOSED)


async def test_a_token_with_every_role_but_the_needed_ones_is_kept_out(case: Journey) -> None:
    for route in CLOSED:
        others = [role for role in Role if role not in route.roles]
        settings, scope = case.stack.settings(), {"agency": case.agency, "institution": case.institution}
        answer = await _ask(case, route, development_token(settings, subject="somebody", roles=others, **scope))
        problem(answer, 403, slug="forbidden")


def _bad_tokens(case: Journey) -> Iterator[tuple[str, str | None]]:
    settings = case.stack.settings()
    coordinator = case.actor(Role.coordinator)
    good = case.token(coordinator)
    claims = {
        "iss": settings.url("issuer"),
        "aud": settings.auth_audience,
        "sub": coordinator.subject,
        "roles": [role.value for role in Role],
        "agency": case.agency,
        "institution": case.institution,
        "exp": int(time.time()) + 600,
    }
    key = ECKey.generate_key("P-256")
    head, payload, signature = good.split(".")
    yield "none", None
    yield "no JWT", "x"
    yield "expired", case.token(coordinator, ttl=timedelta(hours=-1))
    yield "another audience", _signed(case, auth_audience="another")
    yield "another issuer", _signed(case, host="localhost")
    yield "another key", jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "stranger"}, claims, key)
    yield "our key's name with another key", jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": _kid(good)}, claims, key)
    yield "no signature", f"{head}.{payload}."
    yield "a changed payload", f"{head}.{payload[:-2]}AA.{signature}"


def _kid(token: str) -> str:
    return str(orjson.loads(urlsafe_b64decode(token.partition(".")[0].encode()))["kid"])


def _signed(case: Journey, **changes: object) -> str:
    """A token with every role, signed with the right key under other settings."""
    settings = case.stack.settings().model_copy(update=changes)
    return development_token(settings, subject="somebody", roles=list(Role), agency=case.agency, institution=case.institution)


async def test_no_route_takes_a_token_that_is_none_of_ours(case: Journey, ledger: Ledger) -> None:
    async with ledger.unchanged(case.agency):
        for name, token in _bad_tokens(case):
            for route in CLOSED:
                answer = await _ask(case, route, token)
                problem(answer, 401, slug="unauthenticated")
                assert answer.headers["www-authenticate"].startswith("Bearer"), f"{name}: {route}"


async def test_the_public_register_needs_no_token_and_minds_none(case: Journey) -> None:
    url = f"{case.stack.urls['council']}/v1/register"
    for headers in ({}, {"authorization": "Bearer x"}):
        assert (await case.http.get(url, params={"agency": case.agency}, headers=headers)).status_code == 200
