"""What follows an accreditation: the agency's follow-ups at one look, who is late, what comes; one follow-up, plan, cycle."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import Response

from chassis.auth import Role
from console import labels, records, tables
from console.bars import bar, columns
from console.client import together
from console.i18n import N_
from console.tables import Filter, Table, asked, link, tag
from console.views.cases import offered
from console.visit import SignedIn, Visit

router = APIRouter()

PICTURE = "/v1/follow-up-picture"
TABS = [
    ("monitoring", N_("At one look")),
    ("monitoring/late", N_("Who is late")),
    ("monitoring/due", N_("What comes next")),
    ("monitoring/follow-ups", N_("Follow-ups")),
    ("monitoring/plans", N_("Plans of measures")),
    ("monitoring/cycles", N_("Cycles")),
]
_ALL = ("institution_id", "rulebook_id")
#: Where a plan or a cycle stands, by the words of the service.
STAGES = {
    "awaited": N_("awaited"),
    "submitted": N_("submitted"),
    "changes_requested": N_("changes are asked for"),
    "reviewed": N_("reviewed"),
    "report_due": N_("the report is due"),
    "under_study": N_("the report is studied"),
    "returned": N_("sent back"),
    "studied": N_("studied"),
    "visit": N_("a visit follows"),
    "no_visit": N_("no visit"),
    "assessed": N_("assessed"),
    "not_positive": N_("not positive"),
    "accepted": N_("accepted"),
    "ruled": N_("the director has ruled"),
    "before_council": N_("before the council"),
    "closed": N_("closed"),
}
#: Lists with a page and twins: the service's path, its filters, what it is called.
LISTS = {
    "late": (f"{PICTURE}/late", ("binds", "rule", *_ALL), N_("Who is late")),
    "due": (f"{PICTURE}/due", ("within", "what", *_ALL), N_("What comes next")),
    "follow-ups": (
        "/v1/follow-ups",
        ("kind", "status", "classified", "ended", "valid_before", "certificate_id", *_ALL),
        N_("Follow-ups"),
    ),
    "plans": ("/v1/plans", ("followup_id", "institution_id", "stage"), N_("Plans of measures")),
    "cycles": ("/v1/cycles", ("stage", "late", "followup_id", *_ALL), N_("Cycles")),
}
_NEXT = {
    "late": N_("Whoever does not do in time what a regulation on follow-up asks for is named here from the next day on."),
    "due": N_("Deadlines and the windows of cycles appear here as soon as a follow-up has one."),
    "follow-ups": N_("A follow-up opens by itself when a certificate is issued, imported or recorded whose rulebook is followed up."),
    "plans": N_("A plan appears here when a follow-up begins to wait for one."),
    "cycles": N_("A cycle opens by itself some time before its report is due."),
}
_EMPTY = {
    "late": N_("Nobody is late."),
    "due": N_("Nothing comes due in this time."),
    "follow-ups": N_("There is no follow-up yet."),
    "plans": N_("No plan is awaited yet."),
    "cycles": N_("No cycle has opened yet."),
}
#: Columns of the years: in time, late, missed.
KINDS = {"good": N_("in time"), "soon": N_("late"), "late": N_("not submitted")}


def stage(visit: Visit, word: str | None) -> str:
    """Where something stands, in the language of the visit."""
    return visit._(STAGES[word]) if word in STAGES else labels.value("stage", word or "–", visit.language)


@router.get("/{language}/monitoring")
async def picture(visit: SignedIn) -> Response:
    """All follow-ups: how many, who is late, what comes due, what waits for a person, the years, the criteria."""
    given = asked(visit, "as_of", *_ALL)
    narrow = {name: value for name, value in given.items() if name in _ALL}
    seen, trends, criteria = await together(
        visit.services.get("monitoring", PICTURE, **given),
        visit.services.get("monitoring", f"{PICTURE}/trends", **narrow),
        tables.whole(visit, "monitoring", f"{PICTURE}/recommendations", **narrow),
    )
    names = await visit.names.institutions([given.get("institution_id")])
    data, years = seen.data, trends.data["years"]
    return visit.page(
        "agency/picture.html.jinja",
        tabs=TABS,
        given=given,
        fields=[*_common(visit, data["open"], names), Filter("as_of", visit._("As of"), kind="date")],
        awaiting=_awaiting(visit, data["awaiting"], narrow),
        late=_late(visit, data["late"], narrow),
        due=_due(visit, data["due"], narrow),
        open=_open(visit, data["open"], narrow),
        kinds={kind: visit._(name) for kind, name in KINDS.items()},
        picture=columns(
            (
                (str(each["year"]), {"good": each["reports_in_time"], "soon": each["reports_late"], "late": each["reports_missed"]})
                for each in years
            ),
            {kind: visit._(name) for kind, name in KINDS.items()},
        ),
        years=_years(visit, years),
        criteria=_criteria(visit, criteria),
    )


@router.get("/{language}/monitoring.json")
async def picture_as_json(visit: SignedIn) -> Response:
    """The same numbers for programs."""
    return await tables.twin(visit, [(await visit.services.get("monitoring", PICTURE, **asked(visit, "as_of", *_ALL))).data], "", "json")


def _common(visit: Visit, items: list[dict[str, Any]], names: tables.Names) -> list[Filter]:
    books = {each["rulebook_id"] for each in items if each.get("rulebook_id")} | set(asked(visit, "rulebook_id").values())
    institutions = {each["institution_id"] for each in items if each.get("institution_id")} | set(asked(visit, "institution_id").values())
    told = [(each, visit.plain(names.get(each), each)) for each in sorted(institutions)]
    fields = [Filter("rulebook_id", labels.field("rulebook_id", visit.language), tables.rulebooks(visit, stage=books))] if books else []
    return [*fields, *([Filter("institution_id", visit._("Institution"), told)] if told and visit.person.staff else [])]


def _awaiting(visit: Visit, data: Mapping[str, int], narrow: Mapping[str, str]) -> list[tuple[str, int, str]]:
    ways = {
        "unclassified": visit.url("monitoring/follow-ups", classified="false", ended="false", **narrow),
        "alerted": visit.url("monitoring/late", **narrow),
        "before_council": visit.url("monitoring/cycles", stage="before_council", **narrow),
        "suspended": visit.url("monitoring/follow-ups", status="suspended", ended="false", **narrow),
    }
    words = {
        "unclassified": visit._("of no kind yet: to be classified"),
        "alerted": visit._("late, and the director was told"),
        "before_council": visit._("before the council"),
        "suspended": visit._("with a suspended certificate"),
    }
    return [(words[name], data[name], way) for name, way in ways.items()]


def _late(visit: Visit, items: list[dict[str, Any]], narrow: Mapping[str, str]) -> Table:
    most = max((each["up_to_7"] + each["up_to_30"] + each["over_30"] for each in items), default=0)
    rows = [
        [
            link(visit, "monitoring/late", labels.value("binds", each["binds"], visit.language), binds=each["binds"], **narrow),
            each["up_to_7"],
            each["up_to_30"],
            each["over_30"],
            each["most_days"],
            bar([(each["up_to_7"], "quiet"), (each["up_to_30"], "soon"), (each["over_30"], "late")], most),
        ]
        for each in items
    ]
    heads = [visit._("Waiting on"), visit._("1–7 days"), visit._("8–30 days"), visit._("over 30 days"), visit._("the latest, days"), ""]
    heads[-1] = visit._("Picture")
    return Table(visit._("Who is late"), heads, rows, visit._(_EMPTY["late"]), numbers=frozenset({1, 2, 3, 4}))


def _due(visit: Visit, items: list[dict[str, Any]], narrow: Mapping[str, str]) -> Table:
    most = max((each["deadlines"] + each["windows"] for each in items), default=0)
    rows = [
        [
            link(visit, "monitoring/due", visit.ngettext("%(num)s day", "%(num)s days", each["days"]), within=each["days"], **narrow),
            each["deadlines"],
            each["windows"],
            bar([(each["deadlines"], "plain"), (each["windows"], "quiet")], most),
        ]
        for each in items
    ]
    heads = [visit._("Within"), visit._("deadlines"), visit._("windows that open"), visit._("Picture")]
    return Table(visit._("What comes next"), heads, rows, numbers=frozenset({1, 2}))


def _open(visit: Visit, items: list[dict[str, Any]], narrow: Mapping[str, str]) -> Table:
    rows = []
    for each in items:
        query = {**narrow, "rulebook_id": each["rulebook_id"], "ended": "false", "status": each["state"]}
        query |= {"kind": each["kind"]} if each["kind"] else {"classified": "false"}
        kind = _word(visit, each, "kind", each["kind"]) if each["kind"] else tag(visit._("of no kind yet"), "soon")
        regulation = tables.title_of(each["rulebook_id"], visit.language)
        rows.append(
            [
                regulation,
                kind,
                _word(visit, each, "status", each["state"]),
                link(visit, "monitoring/follow-ups", each["followups"], **query),
            ]
        )
    heads = [
        labels.field("rulebook_id", visit.language),
        labels.field("kind", visit.language),
        visit._("Certificate"),
        visit._("Follow-ups"),
    ]
    return Table(
        visit._("Open follow-ups"),
        heads,
        rows,
        visit._(_EMPTY["follow-ups"]),
        visit._(_NEXT["follow-ups"]) if not rows else "",
        "",
        frozenset({3}),
    )


def _word(visit: Visit, item: Mapping[str, Any], name: str, word: str | None) -> str:
    return labels.value(name, word, visit.language, tables.book_of(item)) if word else "–"


def _years(visit: Visit, years: list[dict[str, Any]]) -> Table:
    named = {
        "reports_in_time": visit._("Reports in time"),
        "reports_late": visit._("Reports late"),
        "reports_missed": visit._("Reports not submitted"),
        "median_days_late": visit._("Median of days late"),
        "visits": visit._("Visits"),
        "acceptances": visit._("Reports accepted"),
        "rejections": visit._("Reports rejected"),
        "extensions": visit._("Certificates extended"),
        "suspensions": visit._("Certificates suspended"),
        "restorations": visit._("Certificates restored"),
        "revocations": visit._("Certificates withdrawn"),
        "share_fulfilled": visit._("Recommendations fulfilled, percent"),
    }
    rows = []
    for name, title in named.items():
        shown = [each[name] for each in years]
        if name == "share_fulfilled":
            shown = [None if each is None else round(100 * each) for each in shown]
        rows.append([title, *("–" if each is None else each for each in shown)])
    heads = [visit._("What happened"), *(str(each["year"]) for each in years)]
    return Table(visit._("The years in numbers"), heads, rows, numbers=frozenset(range(1, len(heads))))


def _criteria(visit: Visit, items: list[dict[str, Any]]) -> Table:
    most = max((each["recommendations"] + each["remarks"] for each in items), default=0)
    counted = ("recommendations", "remarks", "fulfilled", "partly_fulfilled", "not_fulfilled", "not_judged")
    rows = [
        [
            each["criterion"],
            *(each[name] for name in counted),
            bar(
                [
                    (each["fulfilled"] + each["noted"], "good"),
                    (each["partly_fulfilled"], "soon"),
                    (each["not_fulfilled"], "late"),
                    (each["not_judged"], "quiet"),
                ],
                most,
            ),
        ]
        for each in items
    ]
    heads = [
        labels.field("criterion", visit.language),
        visit._("Recommendations"),
        visit._("Remarks"),
        visit._("fulfilled"),
        visit._("partly fulfilled"),
        visit._("not fulfilled"),
        visit._("not judged yet"),
        visit._("Picture"),
    ]
    return Table(
        visit._("What was recommended, by criterion"), heads, rows, visit._("Nothing was recommended yet."), numbers=frozenset(range(1, 7))
    )


@router.get("/{language}/monitoring/{name}.{kind}")
async def list_as_file(visit: SignedIn, name: str, kind: str) -> Response:
    """A whole list as CSV or JSON, with the filters of its page."""
    if name not in LISTS or kind not in ("csv", "json"):
        raise HTTPException(404)
    path, filters, _ = LISTS[name]
    return await tables.twin(visit, await visit.services.items("monitoring", path, most=tables.MOST, **asked(visit, *filters)), name, kind)


@router.get("/{language}/monitoring/{name}")
async def show_list(visit: SignedIn, name: str) -> Response:
    """One of the lists; filters in the address."""
    if name not in LISTS:
        raise HTTPException(404)
    path, filters, title = LISTS[name]
    given = asked(visit, *filters)
    found = await tables.found(visit, "monitoring", path, **given)
    make = {"late": _late_list, "due": _due_list, "follow-ups": _followup_list, "plans": _plan_list, "cycles": _cycle_list}[name]
    heads, rows = make(visit, found)
    narrowed = bool(given)
    return visit.page(
        "agency/list.html.jinja",
        title=visit._(title),
        area=visit._("Follow-up after accreditation"),
        tabs=TABS,
        path=f"monitoring/{name}",
        note="",
        fields=[*_common(visit, found.items, found.names), *_own_filters(visit, name, found)],
        given=given,
        table=Table(visit._(title), heads, rows, visit._("Nothing fits what you asked for.") if narrowed else visit._(_EMPTY[name])),
        next_step=visit._(_NEXT[name]),
        following=found.following,
        forms=("csv", "json"),
    )


def _own_filters(visit: Visit, name: str, found: tables.Found) -> list[Filter]:
    if name == "late":
        words = sorted({each["binds"] for each in found.items} | set(asked(visit, "binds").values()))
        return (
            [Filter("binds", visit._("Waiting on"), [(each, labels.value("binds", each, visit.language)) for each in words])]
            if words
            else []
        )
    if name == "due":
        days = [(str(each), visit.ngettext("%(num)s day", "%(num)s days", each)) for each in (30, 90, 365, 730)]
        what = [("deadline", visit._("deadlines")), ("window", visit._("windows that open"))]
        return [Filter("within", visit._("Within"), days), Filter("what", visit._("What"), what)]
    if name == "follow-ups":
        ended = [("false", visit._("open")), ("true", visit._("ended"))]
        words = sorted({each["status"] for each in found.items} | set(asked(visit, "status").values()))
        status = [(each, labels.value("status", each, visit.language)) for each in words]
        return [Filter("ended", visit._("Follow-up"), ended), *([Filter("status", visit._("Certificate"), status)] if status else [])]
    words = sorted({each["stage"] for each in found.items} | set(asked(visit, "stage").values()))
    return (
        [Filter("stage", visit._("Where it stands"), [(each, stage(visit, each)) for each in words])] if words and name == "cycles" else []
    )


def _institution(visit: Visit, found: tables.Found, item: Mapping[str, Any]) -> Any:
    return visit.named(found.names.get(item["institution_id"]), item["institution_id"])


def _certificate(item: Mapping[str, Any], visit: Visit) -> str:
    return " · ".join(filter(None, (item["number"], item["programme"]))) or visit._("without a number")


def _late_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Due"), visit._("What"), visit._("Institution"), visit._("Waiting on"), visit._("Clause")]
    rows = [
        [
            visit.date(each["due_on"]) + " " + tag(visit.ngettext("%(num)s day late", "%(num)s days late", each["late_days"]), "late"),
            link(visit, f"monitoring/follow-ups/{each['followup_id']}", visit.named(each["names"], each["rule"])),
            _institution(visit, found, each) + " " + _certificate(each, visit),
            tables.party(each, visit),
            tables.clause(each["clause"]),
        ]
        for each in found.items
    ]
    return heads, rows


def _due_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Day"), visit._("What"), visit._("Institution"), visit._("Waiting on"), visit._("Clause")]
    rows = []
    for each in found.items:
        name = visit.named(each["names"], each["rule"] or visit._("the next cycle"))
        opens = tag(visit._("a window opens"), "quiet") if each["what"] == "window" else tag(visit._("deadline"), "soon")
        where = link(visit, f"monitoring/follow-ups/{each['followup_id']}", name)
        rows.append(
            [
                visit.date(each["on"]),
                where + " " + opens,
                _institution(visit, found, each),
                tables.party(each, visit),
                tables.clause(each["clause"]),
            ]
        )
    return heads, rows


def _followup_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [
        visit._("Certificate"),
        visit._("Institution"),
        labels.field("kind", visit.language),
        visit._("Certificate's state"),
        labels.field("valid_until", visit.language),
        visit._("Follow-up"),
    ]
    rows = [
        [
            link(visit, f"monitoring/follow-ups/{each['followup_id']}", _certificate(each, visit)),
            _institution(visit, found, each),
            _word(visit, each, "kind", each["kind"]) if each["kind"] else tag(visit._("of no kind yet"), "soon"),
            _word(visit, each, "status", each["status"]),
            visit.date(each["valid_until"]),
            tag(visit._("ended"), "quiet") if each["ended_on"] else tag(visit._("open"), "good"),
        ]
        for each in found.items
    ]
    return heads, rows


def _plan_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Institution"), visit._("Where it stands"), visit._("Awaited since"), visit._("Submitted"), visit._("Measures")]
    rows = [
        [
            link(visit, f"monitoring/plans/{each['plan_id']}", _institution(visit, found, each)),
            stage(visit, each["stage"]),
            visit.date(each["awaited_on"]),
            visit.date(each["submitted_on"]),
            each["measures"],
        ]
        for each in found.items
    ]
    return heads, rows


def _cycle_list(visit: Visit, found: tables.Found) -> tuple[list[str], list[list[Any]]]:
    heads = [visit._("Cycle"), visit._("Institution"), visit._("Where it stands"), visit._("Period"), visit._("Submitted")]
    rows = []
    for each in found.items:
        late = tag(visit.ngettext("%(num)s day late", "%(num)s days late", each["late_days"]), "late") if each["late_days"] else ""
        period = visit.date(each["period_from"]) + " – " + visit.date(each["period_until"])
        number = link(visit, f"monitoring/cycles/{each['cycle_id']}", visit._("Cycle %(number)s", number=each["cycle"]))
        rows.append(
            [number, _institution(visit, found, each), stage(visit, each["stage"]), period, visit.date(each["submitted_on"]) + " " + late]
        )
    return heads, rows


async def _record(visit: Visit, path: str, back: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """A record, what the page of any record shows of it, and its institution's name."""
    answer = await visit.services.get("monitoring", path)
    data: dict[str, Any] = answer.data
    names, entries, offers = await together(
        visit.names.institutions([data["institution_id"]]),
        tables.history(visit, "monitoring", path),
        offered(visit, "monitoring", data["allowed_actions"], back=back),
    )
    book = tables.book_of(data)
    name = visit.named(names.get(data["institution_id"]), data["institution_id"])
    under = name + (" · " + tables.title_of(book.id, visit.language) if book else "")
    return (
        data,
        {"facts": records.facts(data, visit, names), "entries": entries, "offers": offers, "under": under, "notices": [], "links": []},
        name,
    )


@router.get("/{language}/monitoring/follow-ups/{followup_id}")
async def followup(visit: SignedIn, followup_id: str) -> Response:
    """One follow-up: what is recommended, what comes next, its plan and its cycles."""
    path = f"/v1/follow-ups/{followup_id}"
    data, shown, _ = await _record(visit, path, f"monitoring/follow-ups/{followup_id}")
    cycles, late = await together(
        tables.whole(visit, "monitoring", "/v1/cycles", followup_id=followup_id),
        tables.whole(visit, "monitoring", f"{PICTURE}/late", institution_id=data["institution_id"]),
    )
    mine = tables.Found(late, None)
    shown["links"] = [link(visit, f"monitoring/plans/{data['plan_id']}", visit._("Plan of measures"))] if data["plan_id"] else []
    if visit.person.has(Role.coordinator, Role.director, Role.auditor):
        shown["links"].append(link(visit, f"records/council/certificates/{data['certificate_id']}", visit._("Certificate")))
    shown["notices"] = _needs(visit, data) + [
        (
            visit._(
                "%(what)s: %(days)s days late, due on %(day)s.",
                what=visit.plain(each["names"], each["rule"]),
                days=each["late_days"],
                day=each["due_on"],
            ),
            "bad",
        )
        for each in mine.items
        if each["followup_id"] == followup_id
    ]
    windows = [
        [each["cycle"], visit.instant(each["opens_at"]), visit.date(each["report_due_on"]), visit.date(each["expected_on"])]
        for each in data["windows"]
    ]
    recommended = [
        [
            each["criterion"],
            item["text"],
            visit._("Remark") if item["remark"] else visit._("Recommendation"),
            f"{each['done']} / {each['measures']}",
        ]
        for each in data["criteria"]
        for item in each["recommendations"]
    ]
    _, rows = _cycle_list(visit, tables.Found(cycles, None, await visit.names.institutions([data["institution_id"]])))
    under = visit._("This is what the regulation rests on and what it aims at.")
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit._("Follow-up of certificate %(number)s", number=data["number"] or "–"),
        tables=[
            Table(
                visit._("What is recommended"),
                [
                    labels.field("criterion", visit.language),
                    labels.field("text", visit.language),
                    visit._("What"),
                    visit._("measures done / planned"),
                ],
                recommended,
                visit._("Nothing was recommended, or nobody has told it yet."),
            ),
            Table(
                visit._("Cycles"),
                [visit._("Cycle"), visit._("Where it stands"), visit._("Period"), visit._("Submitted")],
                [[row[0], *row[2:]] for row in rows],
                visit._(_EMPTY["cycles"]),
                visit._(_NEXT["cycles"]) if not rows else "",
            ),
            Table(
                visit._("Cycles to come"),
                [visit._("Cycle"), visit._("Opens"), visit._("The report is due"), labels.field("expected_on", visit.language)],
                windows,
                visit._("No cycle is to come."),
            ),
            Table(
                visit._("Grounds and aims"),
                [visit._("Clause"), visit._("What it says")],
                [[tables.clause(each["id"]), _quoted(visit, data, each["id"])] for each in data["basis"]],
                note=under,
            ),
        ],
    )


def _quoted(visit: Visit, data: Mapping[str, Any], clause: str) -> Any:
    text, written = labels.quoted(data["rulebook"]["id"], clause, visit.language)
    return visit.named({written: text})


def _needs(visit: Visit, data: Mapping[str, Any]) -> list[tuple[str, str]]:
    words = {
        "classification": visit._("Nobody has said yet of what kind this accreditation is: what is due follows from it."),
        "receipt": visit._("The day on which the institution received the certificate is not known yet: the years run from it."),
        "contract": visit._("The contract is not known yet."),
    }
    return [(words[each], "soon") for each in data["needs"] if each in words]


@router.get("/{language}/monitoring/plans/{plan_id}")
async def plan(visit: SignedIn, plan_id: str) -> Response:
    """One plan: its measures with how far they are, what it leaves open."""
    data, shown, _ = await _record(visit, f"/v1/plans/{plan_id}", f"monitoring/plans/{plan_id}")
    shown["links"] = [link(visit, f"monitoring/follow-ups/{data['followup_id']}", visit._("Follow-up"))]
    shown["facts"] = [
        (visit._("Where it stands"), stage(visit, data["stage"])),
        *(row for row in shown["facts"] if row[0] != labels.field("stage", visit.language)),
    ]
    if data["uncovered"]:
        shown["notices"].append((visit._("No measure is planned against: %(names)s.", names=", ".join(data["uncovered"])), "soon"))
    if data["beyond_term"]:
        shown["notices"].append((visit._("Due only after the certificate's end: %(names)s.", names=", ".join(data["beyond_term"])), "soon"))
    kinds = {"done": "good", "under_way": "soon"}
    rows = [
        [
            each["criterion"],
            each["measure"],
            each["responsible"],
            visit.date(each["due_on"]),
            tag(labels.value("progress", each["progress"], visit.language), kinds[each["progress"]])
            if each["progress"]
            else tag(visit._("not begun"), "quiet"),
        ]
        for each in data["planned"]
    ]
    heads = [labels.field(name, visit.language) for name in ("criterion", "measure", "responsible", "due_on", "progress")]
    changes = [[visit.date(each.get("requested_on")), each["changes"]] for each in data["change_requests"]]
    return visit.page(
        "agency/record.html.jinja",
        **shown,
        title=visit._("Plan of measures"),
        tables=[
            Table(visit._("Measures"), heads, rows, visit._("The plan has not come yet.")),
            *([Table(visit._("Changes that were asked for"), [visit._("Day"), visit._("What")], changes)] if changes else []),
        ],
    )


@router.get("/{language}/monitoring/cycles/{cycle_id}")
async def cycle(visit: SignedIn, cycle_id: str) -> Response:
    """One cycle: its reports, what the agency made of them, the visit, the findings."""
    data, shown, _ = await _record(visit, f"/v1/cycles/{cycle_id}", f"monitoring/cycles/{cycle_id}")
    held = await visit.services.find("visits", f"/v1/monitoring-visits/{cycle_id}")
    shown["links"] = [link(visit, f"monitoring/follow-ups/{data['followup_id']}", visit._("Follow-up"))]
    if held is not None:
        shown["links"].append(link(visit, f"records/visits/monitoring-visits/{cycle_id}", visit._("Visit")))
    stands = [(visit._("Where it stands"), stage(visit, data["stage"]))]
    if data["late_days"]:
        stands.append(
            (visit._("The last report came"), tag(visit.ngettext("%(num)s day late", "%(num)s days late", data["late_days"]), "late"))
        )
    shown["facts"] = [*stands, *(row for row in shown["facts"] if row[0] != labels.field("stage", visit.language))]
    book = tables.book_of(data)
    reports = [
        [
            each["round"],
            visit.date(each.get("submitted_on") or each.get("received_on")),
            link(visit, f"documents/{each['document']['sha256']}", each["document"]["name"]),
            ", ".join(labels.value("section", word, visit.language, book) for word in each["missing"]) or "–",
        ]
        for each in data["reports"]
    ]
    heads = [visit._("Round"), visit._("Day"), visit._("Report"), visit._("What it lacks")]
    found = [
        [labels.value("criterion", each["criterion"], visit.language, book), each["finding"]]
        for each in (data["assessment"] or {}).get("findings", ())
    ]
    verdicts = [
        [each["recommendation_id"], labels.value("fulfilment", each["fulfilment"], visit.language, book) if each.get("fulfilment") else "–"]
        for each in (data["analysed"] or data["assessment"] or {}).get("verdicts", ())
    ]
    asked_for = [[each["request"], each["what"], visit.date(each["due_on"])] for each in data["requests"]]
    criteria, finding = labels.field("criterion", visit.language), visit._("Finding")
    shown_tables = [Table(visit._("Reports"), heads, reports, visit._("The report has not come yet."))]
    if asked_for:
        shown_tables.append(
            Table(visit._("Information that was asked for"), [visit._("Number"), visit._("What"), visit._("Due")], asked_for)
        )
    if verdicts:
        shown_tables.append(Table(visit._("Verdicts"), [visit._("Recommendation"), visit._("Fulfilment")], verdicts))
    if found:
        shown_tables.append(Table(visit._("Findings"), [criteria, finding], found))
    return visit.page("agency/record.html.jinja", **shown, title=visit._("Cycle %(number)s", number=data["cycle"]), tables=shown_tables)
