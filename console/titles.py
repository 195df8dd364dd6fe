"""Roles and kinds of problems, as people read them."""

from collections.abc import Mapping
from typing import Any

from chassis.auth import Role
from chassis.problems import TYPE_PREFIX
from console.i18n import N_

ROLES = {
    Role.institution_officer: N_("institution's officer"),
    Role.coordinator: N_("coordinator"),
    Role.expert: N_("expert"),
    Role.expert_council_member: N_("member of the expert council"),
    Role.council_member: N_("member of the council"),
    Role.director: N_("director"),
    Role.authorised_body_officer: N_("officer of the authorised body"),
    Role.auditor: N_("auditor"),
    Role.operator: N_("operator"),
    Role.service: N_("program"),
}

_CHANGED = N_("Somebody else changed this meanwhile. Read it anew, then decide again.")
_KINDS = {
    "refused": N_("A rule does not allow this"),
    "not-found": N_("Not found"),
    "forbidden": N_("This is not allowed for you"),
    "unauthenticated": N_("Please sign in"),
    "conflict": N_("This contradicts what is there already"),
    "concurrent-change": _CHANGED,
    "version-conflict": _CHANGED,
    "precondition-required": _CHANGED,
    "invalid": N_("Something in the form is not right"),
    "malformed-json": N_("Something in the form is not right"),
    "idempotency-key-reused": N_("This form was sent already, with other words"),
    "body-too-large": N_("What you sent is too large"),
    "unsupported-media-type": N_("A file of this type is not taken"),
    "too-many-requests": N_("Too many requests: wait a minute"),
    "unavailable": N_("Not available just now: try again in a minute"),
}
_STATUSES = {
    400: N_("The request was not understood"),
    401: N_("Please sign in"),
    403: N_("This is not allowed for you"),
    404: N_("Not found"),
    405: N_("This address does not take that"),
    413: N_("What you sent is too large"),
    429: N_("Too many requests: wait a minute"),
    503: N_("Not available just now: try again in a minute"),
}
_OTHERWISE = N_("Something went wrong here")


def title_of(problem: Mapping[str, Any]) -> str:
    """What kind of problem it is, to be translated."""
    slug = str(problem.get("type", "")).removeprefix(TYPE_PREFIX)
    return _KINDS.get(slug) or _STATUSES.get(int(problem.get("status") or 500), _OTHERWISE)
