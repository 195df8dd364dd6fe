"""Webhook addresses and what was sent to them: each attempt with request and answer. A secret is shown once, when it is made."""

import json
from typing import Any

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from chassis.auth import Role
from console import labels, tables
from console.client import Answer, Refused, together
from console.forms_sending import command, form_for, sent, subject_of
from console.i18n import N_
from console.views.cases import offered
from console.visit import SignedIn, Visit

router = APIRouter()

STATES = {
    "unverified": (N_("waits for an answer to the test message"), "soon"),
    "active": (N_("active"), "good"),
    "disabled": (N_("disabled"), "bad"),
    "removed": (N_("removed"), "quiet"),
}
WHY = {
    "gone_410": N_("the address answered 410 Gone"),
    "failing": N_("nothing was answered well for five days"),
    "by_person": N_("a person disabled it"),
}
DELIVERIES = {
    "waiting": (N_("waiting"), "soon"),
    "held": (N_("held back"), "quiet"),
    "delivered": (N_("delivered"), "good"),
    "failed": (N_("failed"), "bad"),
    "stopped": (N_("stopped"), "bad"),
}
KEEPERS = (Role.institution_officer, Role.coordinator)
_LIST = "/v1/webhook-endpoints"


@router.get("/{language}/webhooks")
async def endpoints(visit: SignedIn) -> Response:
    """The addresses that this person may see."""
    asked = tables.asked(visit, "status", "institution_id")
    found = await tables.found(visit, "notices", _LIST, sort="-registered_at", **asked)
    return visit.page(
        "own/webhooks.html.jinja",
        items=found.items,
        names=found.names,
        following=found.following,
        asked={"status": "", "institution_id": ""} | asked,
        narrowed=bool(asked),
        states=STATES,
        why=WHY,
        keeper=visit.person.has(*KEEPERS),
        officer=visit.person.institution is not None,
        form=visit.url("new/notices/register_webhook_endpoint", institution_id=visit.person.institution),
        action=labels.action,
    )


@router.get("/{language}/webhooks/{endpoint_id}")
async def endpoint(visit: SignedIn, endpoint_id: str) -> Response:
    """One address, its keys, and the latest that was to arrive there."""
    path = f"{_LIST}/{endpoint_id}"
    asked = tables.asked(visit, "status", "case_id")
    one, deliveries = await together(
        visit.services.get("notices", path),
        visit.services.get(
            "notices", f"{path}/deliveries", sort="-created_at", cursor=visit.request.query_params.get("cursor"), limit=25, **asked
        ),
    )
    offers, names, happened = await together(
        offered(visit, "notices", one.data["allowed_actions"], back=f"webhooks/{endpoint_id}"),
        visit.names.institutions([one.data["institution_id"]]),
        tables.history(visit, "notices", path),
    )
    return visit.page(
        "own/webhook.html.jinja",
        one=one.data,
        state=STATES.get(one.data["status"], (one.data["status"], "")),
        why=WHY,
        names=names,
        offers=offers,
        deliveries=deliveries.data["items"],
        following=deliveries.data.get("next"),
        asked={"status": "", "case_id": ""} | asked,
        kinds=DELIVERIES,
        entries=happened,
        words=labels,
        event=_event,
    )


@router.get("/{language}/webhooks/{endpoint_id}/deliveries/{delivery_id}")
async def delivery(visit: SignedIn, endpoint_id: str, delivery_id: str) -> Response:
    """One delivery: its body as it is signed, and every attempt with what was sent and what came back."""
    path = f"{_LIST}/{endpoint_id}"
    one, endpoint = await together(
        visit.services.get("notices", f"{path}/deliveries/{delivery_id}"),
        visit.services.get("notices", path),
    )
    offers = await offered(visit, "notices", one.data["allowed_actions"], back=f"webhooks/{endpoint_id}/deliveries/{delivery_id}")
    return visit.page(
        "own/delivery.html.jinja",
        one=one.data,
        endpoint=endpoint.data,
        state=DELIVERIES.get(one.data["status"], (one.data["status"], "")),
        offers=offers,
        body=_indented(one.data["body"]),
        event=_event,
    )


def _event(visit: Visit, kind: str) -> str:
    """What an event says has happened; a test message has no event of ours."""
    parts = kind.split(".")
    if parts[-1] == "ping":
        return visit._("Test message")
    return labels.event(parts[-1], visit.language, parts[1] if len(parts) > 2 else "")


def _indented(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


# The two commands that make a key stand here, before the forms of all other commands: their answer has what is shown once.


@router.get("/{language}/new/notices/register_webhook_endpoint")
async def ask_address(visit: SignedIn) -> Response:
    """The form of a new address."""
    return await _ask(visit, "register_webhook_endpoint")


@router.post("/{language}/new/notices/register_webhook_endpoint")
async def register_address(visit: SignedIn) -> Response:
    """Makes it and shows its secret, or the form again."""
    return await _made(visit, "register_webhook_endpoint")


@router.get("/{language}/act/notices/rotate_webhook_secret/{endpoint_id}")
async def ask_rotation(visit: SignedIn, endpoint_id: str) -> Response:
    """The form of a new key."""
    return await _ask(visit, "rotate_webhook_secret", endpoint_id)


@router.post("/{language}/act/notices/rotate_webhook_secret/{endpoint_id}")
async def rotate(visit: SignedIn, endpoint_id: str) -> Response:
    """Makes it and shows it, or the form again."""
    return await _made(visit, "rotate_webhook_secret", endpoint_id)


@router.get("/{language}/records/notices/webhook-endpoints")
async def record_list(visit: SignedIn) -> Response:
    """To the page that is made for them."""
    return RedirectResponse(visit.url("webhooks"), 303)


@router.get("/{language}/records/notices/webhook-endpoints/{endpoint_id}")
async def record(visit: SignedIn, endpoint_id: str) -> Response:
    """To the page that is made for it."""
    return RedirectResponse(visit.url(f"webhooks/{endpoint_id}"), 303)


async def _ask(visit: Visit, name: str, *ids: str) -> Response:
    operation = await command(visit, "notices", name)
    subject = await subject_of(visit, operation, ids)
    return _form(visit, await form_for(visit, operation, subject), ids)


async def _made(visit: Visit, name: str, *ids: str) -> Response:
    operation = await command(visit, "notices", name)
    given = await visit.form()
    done = await sent(visit, operation, ids, await subject_of(visit, operation, ids), given)
    if not isinstance(done, Answer):
        return _form(visit, done, ids)
    endpoint_id = ids[0] if ids else done.data["id"]
    try:
        answered = (await visit.services.get("notices", f"{_LIST}/{endpoint_id}")).data
    except Refused:
        answered = None
    return visit.page("own/secret.html.jinja", told=done.data, one=answered, endpoint_id=endpoint_id, rotated=bool(ids))


def _form(visit: Visit, form: Any, ids: tuple[str, ...]) -> Response:
    return visit.page(
        "forms/form.html.jinja",
        status=int(form.problem["status"]) if form.problem else 422 if form.faults else 200,
        form=form,
        problem=form.problem and {**form.problem, "errors": []},
        back="",
        where=f"webhooks/{ids[0]}" if ids else "webhooks",
        here=visit.request.url.path,
    )
