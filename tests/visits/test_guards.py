"""What the guards tell a portal of a visit is what is decided there, in every state and by both rulebooks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

import pytest

from chassis.decider import Command
from chassis.documents import Document
from chassis.testing import guards_tell_the_truth
from regulations import load
from services.visits.contract import Inaccuracy, PanelMember, PurposeFinding, Ruling, VisitOpened
from services.visits.domain.callers import must_have_to_study, must_lead, must_sit
from services.visits.domain.conflicts import PANEL
from services.visits.domain.dates import Rules
from services.visits.domain.expert import EXPERT, RegisterExpert
from services.visits.domain.panel import (
    DecideObjection,
    DropOut,
    FormPanel,
    ObjectToExpert,
    ReplaceExpert,
    TellComposition,
    beyond,
    missing_of,
)
from services.visits.domain.preparation import ConfirmReportStudied, HoldBriefing, HoldWebinar, SendMaterials
from services.visits.domain.report import AnswerFactualCheck, CloseFactualCheck, SendForFactualCheck, SubmitVisitReport
from services.visits.domain.standing import Close, Resume, Suspend
from services.visits.domain.state import Visit
from services.visits.domain.vacancy import ContinueWithout
from services.visits.domain.visit import VISIT, AnnounceVisit, CompleteVisit, InterruptVisit, OpenVisit, StartVisit

ORDER_109, IQAA = "kz-109-2008-accreditation", "iqaa-accreditation"
TODAY = date(2009, 3, 2)
NAMES = tuple(f"expert-{number}" for number in range(40))
NATIONAL, INTERNATIONAL = "national_academic", "international"
CATEGORIES = (NATIONAL, NATIONAL, "employer", "student", INTERNATIONAL, NATIONAL)
FILE = Document(kind="other", name="other.pdf", sha256="b" * 64)
Role = Literal["chair", "member"]


def at(days: int = 0) -> dict[str, Any]:
    return {"at": datetime.combine(TODAY + timedelta(days=days), time(6), UTC), "by": "coordinator"}


def opened(rulebook: str) -> VisitOpened:
    return VisitOpened(case_id="case-1", institution_id="kaznu", rulebook=load(rulebook).ref, opened_on=TODAY)


def panel_of(rulebook: str, names: Sequence[str]) -> tuple[PanelMember, ...]:
    """A chair and a member, or one of each category and a second expert too many."""
    if rulebook == ORDER_109:
        roles: tuple[Role, Role] = ("chair", "member")
        return tuple(PanelMember(expert_id=name, role=role) for name, role in zip(names, roles, strict=False))
    return tuple(PanelMember(expert_id=name, role="member", category=word) for name, word in zip(names, CATEGORIES, strict=False))


def commands(rulebook: str) -> Any:
    """For each command bodies of which its state takes one, if it takes any."""
    book = load(rulebook)
    known: dict[str, Any] = {"affiliations": dict.fromkeys(NAMES, ()), "categories": dict.fromkeys(NAMES, tuple(set(CATEGORIES)))}
    parts = tuple(Document(kind=kind, name=kind, sha256="c" * 64) for kind in ("self_assessment_materials", "methodological_support"))
    purposes = tuple(PurposeFinding(purpose=word, finding="So") for word in book.vocabularies.get("audit_purposes", {}))
    report: dict[str, Any] = {"document": FILE, "findings": "In order", "recommendations": ("Renew",), "purposes": purposes}
    shows = {"remarks": ("Two rooms",), "good_practice": ("Open lessons",)}
    opening = {"case_id": "case-1", "institution_id": "kaznu", "rulebook": book.ref}
    reasons = {"length_reason": "Small", "moved_because": "Asked", "waiver": FILE}

    def fitting(state: Visit) -> Sequence[Command]:
        held = {*state.expert_ids, *(seat.expert_id for seat in state.vacancies), *state.excluded}
        free = [name for name in NAMES if name not in held]
        told = [name for name in state.expert_ids if name in (state.told or ()) and name not in state.objected] or ["nobody"]
        left = state.vacancies[0] if state.vacancies else PanelMember(expert_id="nobody", role="member")
        international = [seat.expert_id for seat in state.members if seat.category == INTERNATIONAL]
        leaving = {*state.expert_ids[:1], *state.expert_ids[-1:], *international[:1]} or {"nobody"}
        unread = [name for name in state.expert_ids if name not in state.studied] or ["nobody"]
        announced = state.announced.ends_on if state.announced else None
        ends_on = TODAY + timedelta(days=2 if announced == TODAY + timedelta(days=1) else 1)
        answers = state.check.corrections if state.check else None
        rulings = tuple(Ruling(number=number, accepted=False, reasons="No") for number, _ in enumerate(answers or (), 1))
        chair = next(iter(state.expert_ids), None) if rulebook == ORDER_109 and state.chair_id is None else None
        return [
            *(OpenVisit(**at(), **opening, round=number) for number in (1, state.round + 1)),
            Suspend(**at(), reason="A fire"),
            Resume(**at()),
            Close(**at()),
            FormPanel(**at(), members=panel_of(rulebook, free), statute_act="Order 12", despite_conflicts="Known", **known),
            TellComposition(**at()),
            ObjectToExpert(**at(), expert_id=told[0], grounds="A dispute", document=FILE),
            *(DecideObjection(**at(), expert_id=[*state.objected, "nobody"][0], upheld=upheld, reasons="So") for upheld in (True, False)),
            *(DropOut(**at(), expert_id=name, reason="Ill") for name in sorted(leaving)),
            ReplaceExpert(**at(), expert_id=left.expert_id, successor=left.model_copy(update={"expert_id": free[0]}), **known),
            ContinueWithout(**at(), reasons="His part was done", chair_id=chair, categories=known["categories"]),
            AnnounceVisit(**at(), starts_on=TODAY, ends_on=ends_on, **reasons),
            SendMaterials(**at(), documents=parts, final_version_on=TODAY),
            HoldWebinar(**at(), attended=state.expert_ids, topics=("training", "organisational_matters")),
            HoldBriefing(**at(), attended=state.expert_ids),
            ConfirmReportStudied(**at(), expert_id=unread[0]),
            StartVisit(**at()),
            InterruptVisit(**at(), reason="Flood"),
            CompleteVisit(**at(days=2)),
            SubmitVisitReport(**at(days=2), **report, **shows),
            SendForFactualCheck(**at(days=2)),
            AnswerFactualCheck(**at(days=2), corrections=()),
            AnswerFactualCheck(**at(days=2), corrections=(Inaccuracy(passage="900", correction="950"),)),
            CloseFactualCheck(**at(days=2), rulings=rulings, without_answer="None came" if answers is None else None),
        ]

    return fitting


def alike(rulebook: str) -> Any:
    """States that differ in names and numbers alone are one."""
    book = load(rulebook)
    composition = book.compositions.get(PANEL)

    def missing(state: Visit) -> Mapping[str, int]:
        return missing_of(composition, state.members, {}, Rules(book, None)) if composition else {}  # type: ignore[arg-type]

    def how_many(some: Sequence[str] | frozenset[str], all_of: Sequence[str]) -> str:
        return "all" if set(some) >= set(all_of) else "some" if some else "none"

    def seen(state: Visit) -> tuple[Any, ...]:
        experts = state.expert_ids
        panel = (
            bool(experts),
            bool(state.vacancies),
            bool(beyond(state.lacking, missing(state))),
            bool(state.lacking),
            bool(state.chair_id),
        )
        if state.standing != "open" or state.stage is None:
            return (state.stage, state.standing)
        told = how_many([name for name in experts if name in (state.told or ())], experts), state.told == frozenset(experts)
        if state.stage in ("completed", "reported"):
            return (state.stage, panel, state.check and (state.check.corrections, state.check.closed))
        ready = (how_many(state.supplied, experts), how_many(state.studied, experts), bool(state.webinar_on), bool(state.briefing_on))
        return (state.stage, panel, told, how_many(state.objected, experts), ready, bool(state.announced), bool(state.started_on))

    return seen


@pytest.mark.parametrize("rulebook", [ORDER_109, IQAA])
@pytest.mark.clause(ORDER_109, "9.6", "14 (a)", "14 (b)", "15", "16", "17")
@pytest.mark.clause(IQAA, "S2.a", "S2.c.1", "S2.c.2", "S2.d", "S2.e.1", "S2.e.2", "S2.f.1", "S2.g", "S2.h")
def test_a_step_is_open_exactly_where_some_body_is_accepted(rulebook: str) -> None:
    states = guards_tell_the_truth(VISIT, [opened(rulebook)], commands(rulebook), alike=alike(rulebook), most=20_000)
    stages = {"opened", "panel_formed", "announced", "started", "interrupted", "completed", "reported"}
    assert {state.stage for state in states} == stages
    assert {state.standing for state in states} == {"open", "suspended", "closed"}
    assert any(state.lacking for state in states) is (rulebook == IQAA)
    assert any(state.check and state.check.closed for state in states)


def test_an_expert_is_entered_once() -> None:
    (kind,) = EXPERT.guards
    assert kind is RegisterExpert
    command = RegisterExpert(**at(), expert_id="anna", name="Name of anna")
    assert len(guards_tell_the_truth(EXPERT, [], lambda _state: [command])) == 2


class TestOrder109AndIqaaDiffer:
    """In what a visit with a panel and announced dates still waits for, by their own words alone."""

    @staticmethod
    def refusal(rulebook: str, kind: type[Command], *steps: type[Command]) -> Any:
        state = VISIT.fold([opened(rulebook)])
        for step in (FormPanel, TellComposition, AnnounceVisit, *steps):
            command = next(each for each in commands(rulebook)(state) if type(each) is step)
            state = VISIT.fold(VISIT.decide(command, state, VISIT.rules(command, state)), state)
        return VISIT.refusals(state, VISIT.rules(StartVisit(**at()), state))[kind]

    @pytest.mark.clause(ORDER_109, "16")
    def test_the_one_waits_for_the_study_of_the_report(self) -> None:
        assert self.refusal(ORDER_109, StartVisit).clause == "16"
        assert self.refusal(ORDER_109, StartVisit, ConfirmReportStudied, ConfirmReportStudied) is None

    @pytest.mark.clause(IQAA, "S2.d", "S2.e.1", "S2.e.2")
    def test_the_other_for_materials_webinar_and_briefing(self) -> None:
        assert self.refusal(IQAA, StartVisit).clause == "S2.d"
        assert self.refusal(IQAA, StartVisit, SendMaterials).clause == "S2.e.1"
        assert self.refusal(IQAA, StartVisit, SendMaterials, HoldWebinar, HoldBriefing) is None


def test_who_speaks_for_a_panel() -> None:
    chaired = VISIT.fold([opened(ORDER_109)])
    form = next(each for each in commands(ORDER_109)(chaired) if isinstance(each, FormPanel))
    chaired = VISIT.fold(VISIT.decide(form, chaired, VISIT.rules(form, chaired)), chaired)
    chair, member = chaired.expert_ids
    must_lead(chaired, chair)
    must_have_to_study(chaired, member)
    for check, who in ((must_lead, member), (must_sit, "stranger"), (must_have_to_study, "stranger")):
        with pytest.raises(Exception, match=r"chair alone|no visit of this case"):
            check(chaired, who)
