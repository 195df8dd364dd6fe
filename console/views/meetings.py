"""Meetings of the council: who came, whether they were a quorum, who stood aside, what was voted and decided; and the minutes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from console import labels, tables
from console.client import together
from console.views import papers
from console.visit import SignedIn, Visit
from regulations.rulebook import Rulebook

router = APIRouter()

FILTERS = ("council_id", "sort")
VOTES = ("for", "against", "abstained")


@dataclass(frozen=True)
class Tally:
    """The vote on one scope. `cast` is who voted how; it is empty of a secret ballot, of which the counts alone are told."""

    scope: str
    counts: Mapping[str, int]
    cast: tuple[Mapping[str, Any], ...]
    counted_by: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """A case on the agenda of one meeting."""

    case_id: str
    number: str
    case: Mapping[str, Any]
    institution: Mapping[str, str]
    recusals: tuple[Mapping[str, Any], ...]
    tallies: tuple[Tally, ...]
    decisions: tuple[Mapping[str, Any], ...]
    doing: papers.Doing


@dataclass(frozen=True)
class Meeting:
    """A meeting with all that its page and its minutes tell."""

    data: Mapping[str, Any]
    council: Mapping[str, Any]
    book: Rulebook | None
    people: Mapping[str, Mapping[str, Any]]
    items: tuple[Item, ...]
    recused: Mapping[str, tuple[str, ...]]
    protocol: str


@router.get("/{language}/meetings")
async def meetings(visit: SignedIn, cursor: str | None = None) -> Response:
    """The meetings, the latest first, and the cases that wait for one."""
    given = tables.asked(visit, *FILTERS)
    page, councils, ready, now, begins = await together(
        visit.services.get("council", "/v1/meetings", cursor=cursor, **({"sort": "-held_on"} | given)),
        tables.whole(visit, "council", "/v1/councils"),
        tables.whole(visit, "council", "/v1/considerations", stage="prepared", most=200),
        visit.now(),
        papers.may_begin(visit, "council", "convene_meeting", "compose_council"),
    )
    called = {each["council_id"]: each for each in councils}
    return visit.page(
        "council/meetings.html.jinja",
        items=page.data["items"],
        following=page.data.get("next"),
        councils=called,
        books=tables.books(each["rulebook_id"] for each in councils),
        asked=dict.fromkeys(FILTERS, "") | given,
        narrowed="council_id" in given,
        ready=ready,
        names=await visit.names.institutions(each["institution_id"] for each in ready),
        today=now.date().isoformat(),
        begins=begins,
        words=labels,
        title=tables.title_of,
    )


@router.get("/{language}/meetings.{extension}")
async def meetings_as_file(visit: SignedIn, extension: tables.Kind) -> Response:
    """The same list for spreadsheets and programs."""
    columns = ("meeting_id", "council_id", "held_on", "agenda", "members", "present", "quorate", "ballot", "protocol_number", "signed_on")
    return await tables.twin(visit, "council", "/v1/meetings", FILTERS, "meetings", extension, columns=columns, sort="-held_on")


@router.get("/{language}/meetings/{meeting_id}")
async def meeting(visit: SignedIn, meeting_id: str) -> Response:
    """One meeting, and what may be done now."""
    told = await _meeting(visit, meeting_id)
    path = f"/v1/meetings/{meeting_id}"
    doing, entries = await together(
        papers.doing(visit, "council", path, told.data, back=f"meetings/{meeting_id}"),
        tables.history(visit, "council", path, told.council.get("rulebook_id")),
    )
    return visit.page("council/meeting.html.jinja", told=told, doing=doing, entries=entries, votes=VOTES, words=labels)


@router.get("/{language}/meetings/{meeting_id}/minutes")
async def minutes(visit: SignedIn, meeting_id: str) -> Response:
    """The minutes as a sheet to print, made of what is recorded."""
    told = await _meeting(visit, meeting_id)
    head = await visit.services.find("notices", "/v1/letterhead")
    return visit.page(
        "council/minutes.html.jinja",
        told=told,
        votes=VOTES,
        words=labels,
        agency=head.data["names"] if head else {},
        title=tables.title_of,
    )


async def _meeting(visit: Visit, meeting_id: str) -> Meeting:
    data = (await visit.services.get("council", f"/v1/meetings/{meeting_id}")).data
    agenda = data["agenda"]
    council, cases, applications = await together(
        visit.services.find("council", f"/v1/councils/{data['council_id']}"),
        papers.found_of(visit, "council", "/v1/considerations/{}", agenda),
        papers.found_of(visit, "intake", "/v1/applications/{}", agenda),
    )
    names = await visit.names.institutions(each["institution_id"] for each in cases.values())
    items = [await _item(visit, data, case_id, cases.get(case_id, {}), applications.get(case_id, {}), names) for case_id in agenda]
    of = council.data if council else {}
    stood_aside: dict[str, tuple[str, ...]] = {}
    for item in items:
        for each in item.recusals:
            stood_aside[each["member_id"]] = (*stood_aside.get(each["member_id"], ()), item.number)
    numbers = [data["protocol_number"], *(each.case.get("protocol_number") for each in items if each.decisions)]
    return Meeting(
        data=data,
        council=of,
        book=next(iter(tables.books([of.get("rulebook_id")]).values()), None),
        people={each["member_id"]: each for each in of.get("members", ())},
        items=tuple(items),
        recused=stood_aside,
        protocol=", ".join(dict.fromkeys(each for each in numbers if each)),
    )


async def _item(
    visit: Visit, data: Mapping[str, Any], case_id: str, case: Mapping[str, Any], application: Mapping[str, Any], names: Mapping[str, Any]
) -> Item:
    meeting_id = data["meeting_id"]
    here = case.get("meeting_id") == meeting_id
    return Item(
        case_id=case_id,
        number=application.get("number") or case_id,
        case=case,
        institution=names.get(case.get("institution_id") or "", {}),
        recusals=tuple(each for each in case.get("recusals") or () if each["meeting_id"] == meeting_id),
        tallies=tallies(data, case),
        decisions=tuple(case.get("decisions") or ()) if here else (),
        doing=await papers.doing(visit, "council", f"/v1/considerations/{case_id}", case, back=f"meetings/{meeting_id}"),
    )


def tallies(data: Mapping[str, Any], case: Mapping[str, Any]) -> tuple[Tally, ...]:
    """The votes of one meeting on the scopes of a case. Of a secret ballot nothing but counts, whatever else were to come."""
    meeting_id = data["meeting_id"]
    found = []
    for scope in case.get("scopes") or ():
        counted = [each for each in case.get("secret_ballots") or () if (each["meeting_id"], each["scope"]) == (meeting_id, scope)]
        cast = tuple(each for each in case.get("votes") or () if (each["meeting_id"], each["scope"]) == (meeting_id, scope))
        if counted:
            last = counted[-1]
            counts = {"for": last["votes_for"], "against": last["votes_against"], "abstained": last["abstained"]}
            found.append(Tally(scope, counts, (), tuple(last["counted_by"])))
        elif cast:
            sums = Counter(each["vote"] for each in cast)
            found.append(Tally(scope, {word: sums[word] for word in VOTES}, () if data["ballot"] == "secret" else cast, ()))
    return tuple(found)
