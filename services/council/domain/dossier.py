"""What is laid before the council: checked report, conclusion, presentation, materials (order 109, p. 9.7, 18; IQAA, P.2, S3.a-S3.c.2).

Each rests on the one before it: a report that is checked again calls for a new conclusion, and so on. Once the council votes, all stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from chassis.documents import Document
from chassis.problems import Conflict, Refused
from regulations import Rulebook, enforces
from services.council.contract import (
    ConclusionDrafted,
    ConsiderationOpened,
    MaterialsPrepared,
    PresentationPrepared,
    Proposal,
    ReportChecked,
)
from services.council.domain.clauses import (
    CONCLUSION,
    IQAA,
    KZ,
    PRESENTATION,
    REPORT,
    adopts,
    checks_report,
    materials,
    package,
    presents,
    setting_clause,
)


@dataclass(frozen=True)
class Dossier:
    """What is there for the council so far."""

    report: ReportChecked | None = None
    conclusion: ConclusionDrafted | None = None
    presentation: PresentationPrepared | None = None
    materials: MaterialsPrepared | None = None

    @property
    def proposals(self) -> Mapping[str, Proposal]:
        """What the conclusion proposes, by scope; nothing where it is free text."""
        return {each.scope: each for each in self.conclusion.proposals} if self.conclusion else {}

    def holds(self) -> dict[str, Document]:
        """The documents of the package that came by steps of their own, by their kind."""
        found = [step.document for step in (self.report, self.conclusion, self.presentation) if step]
        return {document.kind: document for document in found}

    def after(self, event: Any) -> "Dossier":
        """The dossier after a fact; what rests on a thing that is made anew is made anew too."""
        match event:
            case ReportChecked():
                return Dossier(report=event)
            case ConclusionDrafted():
                return replace(self, conclusion=event, presentation=None, materials=None)
            case PresentationPrepared():
                return replace(self, presentation=event, materials=None)
            case MaterialsPrepared():
                return replace(self, materials=event)
        return self


@dataclass(frozen=True)
class Check:
    """The check of the panel's report, as the department records it."""

    document: Document
    changes: str
    checked_by: str
    experts_council_protocol: str = ""
    panel_version: Document | None = None


@dataclass(frozen=True)
class Draft:
    """The conclusion as the department drafts it."""

    document: Document
    text: str
    proposals: tuple[Proposal, ...] = field(default_factory=tuple)
    references: tuple[str, ...] = ()


@enforces(IQAA, "S3.a")
def may_check(rules: Rulebook) -> None:
    """Where the procedure has such a stage."""
    _stage(rules, checks_report(rules), "report_check")


@enforces(IQAA, "S3.a")
def may_draft(rules: Rulebook, state: Dossier) -> None:
    """Where the procedure has such a stage, once the report is checked."""
    clause = _stage(rules, checks_report(rules), "report_check")
    if state.report is None:
        raise _refused(rules, clause, "the panel's report is not checked", "the conclusion after the check of the report")


@enforces(IQAA, "S3.b")
def may_present(rules: Rulebook, state: Dossier) -> None:
    """Where the procedure has such a stage, once there is the conclusion on which it rests."""
    clause = _stage(rules, presents(rules), "presentation")
    if state.conclusion is None and checks_report(rules) is not None:
        accepts = "the presentation after the conclusion"
        raise _refused(rules, clause, "the presentation rests on the conclusion, which is not drafted", accepts)


@enforces(IQAA, "S3.c.2")
def may_prepare(rules: Rulebook, state: Dossier) -> None:
    """Once every step is done that brings a document of its own."""
    if missing := _undone(rules, state):
        raise _absent(rules, missing)


def check_visited(rules: Rulebook, visits: int, reported: int) -> None:
    """After an appeal that leads to a new visit, nothing is laid before the council until the report on that visit is there."""
    if reported < visits:
        accepts = f"this once the panel has submitted its report on visit {visits}"
        raise _refused(rules, checks_report(rules) or materials(rules), f"the report on visit {visits} of this case is not there", accepts)


@enforces(IQAA, "S3.a")
def check(rules: Rulebook, opened: ConsiderationOpened, given: Check, today: date) -> ReportChecked:
    """The department's edited version, made with the experts' council, beside the experts' own."""
    clause = _stage(rules, checks_report(rules), "report_check")
    _kind(rules, given.document, REPORT, clause)
    jointly = rules.competences.get("conclusion_jointly")
    if jointly is not None and not given.experts_council_protocol.strip():
        body = rules.parties[jointly.decided_by].en
        raise _refused(rules, clause, f"the report is checked together with the {body}", f"the number of the protocol of the {body}")
    if rules.setting_if_any("panel_version_kept") is True and given.panel_version is None:
        raise _refused(
            rules,
            setting_clause(rules, "panel_version_kept"),
            "the experts' own version is kept beside the edited one",
            "both documents: the panel's report and the edited version",
        )
    return ReportChecked(
        case_id=opened.case_id,
        document=given.document,
        panel_version=given.panel_version,
        changes=given.changes,
        checked_by=given.checked_by,
        experts_council_protocol=given.experts_council_protocol,
        checked_on=today,
    )


@enforces(IQAA, "S3.a")
def draft(rules: Rulebook, case_id: str, scopes: Sequence[str], given: Draft, today: date) -> ConclusionDrafted:
    """A conclusion with one proposal for each scope that the council decides and the references applied."""
    clause = _stage(rules, checks_report(rules), "report_check")
    _kind(rules, given.document, CONCLUSION, clause)
    proposed, words = [each.scope for each in given.proposals], rules.vocabulary("decisions")
    if sorted(proposed) != sorted(scopes):
        accepts = f"one proposal on each scope: {', '.join(scopes)}"
        missing = [scope for scope in scopes if scope not in proposed]
        raise _refused(
            rules, clause, "the conclusion proposes a result on every scope that the council decides, once", accepts, missing or None
        )
    unknown = sorted({each.outcome for each in given.proposals} - set(words))
    if unknown:
        raise _refused(rules, clause, f"no such decision: {', '.join(unknown)}", f"one of: {', '.join(words)}")
    return ConclusionDrafted(
        case_id=case_id,
        document=given.document,
        proposals=given.proposals,
        references=_references(rules, given.references),
        text=given.text,
        drafted_on=today,
    )


@enforces(IQAA, "P.2")
def _references(rules: Rulebook, given: Sequence[str]) -> tuple[str, ...]:
    """The references applied: what a clause of the text has to be taken into account is among them."""
    known = rules.vocabularies.get("references", {})
    needed = [word for word, entry in known.items() if entry.clause and rules.clauses[entry.clause].level == "must"]
    unknown, missing = sorted(set(given) - set(known)), [word for word in needed if word not in given]
    if unknown:
        clause = next((entry.clause for entry in known.values() if entry.clause), None) or adopts(rules)
        raise _refused(rules, clause, f"no such references: {', '.join(unknown)}", f"words of: {', '.join(known) or 'none'}")
    if missing:
        clause = known[missing[0]].clause or adopts(rules)
        names = ", ".join(known[word].names.en for word in missing)
        raise _refused(rules, clause, f"the conclusion takes into account too: {names}", f"the references: {', '.join(needed)}", missing)
    return tuple(dict.fromkeys(given))


@enforces(IQAA, "S3.b")
def present(rules: Rulebook, opened: ConsiderationOpened, document: Document, today: date) -> PresentationPrepared:
    """The coordinator's presentation, on the basis of the conclusion."""
    _kind(rules, document, PRESENTATION, _stage(rules, presents(rules), "presentation"))
    return PresentationPrepared(case_id=opened.case_id, document=document, prepared_on=today)


@enforces(KZ, "9.7", "18")
@enforces(IQAA, "S3.c.2")
def prepare(
    rules: Rulebook, opened: ConsiderationOpened, state: Dossier, documents: Sequence[Document], conclusion: str, today: date
) -> MaterialsPrepared:
    """The council's materials: every document that the rulebook lists; those that came by a step of their own are there already."""
    held = state.holds()
    altered = sorted(given.kind for given in documents if given.kind in held and given.sha256 != held[given.kind].sha256)
    if altered:
        raise Conflict(f"another document was recorded as: {', '.join(altered)}")
    missing = lacking(rules, state, documents)
    if missing:
        raise _absent(rules, missing)
    text = state.conclusion.text if state.conclusion else conclusion.strip()
    if not text:
        raise _refused(rules, materials(rules), "the materials have no conclusion", "the materials with the conclusion on both reports")
    given_too = tuple(document for document in documents if document.kind not in held)
    return MaterialsPrepared(case_id=opened.case_id, documents=(*held.values(), *given_too), conclusion=text, prepared_on=today)


def lacking(rules: Rulebook, state: Dossier, documents: Sequence[Document] = ()) -> tuple[str, ...]:
    """What neither the procedure's own steps nor these documents bring, of all that must be before the council."""
    undone = _undone(rules, state)
    there = {*state.holds(), *(document.kind for document in documents)} - set(undone)
    absent = [kind for kind in package(rules) if kind not in there]
    return tuple(dict.fromkeys([*absent, *undone]))


def _undone(rules: Rulebook, state: Dossier) -> tuple[str, ...]:
    """What only a step of its own brings, and that step is not made."""
    steps = (
        (REPORT, checks_report(rules), state.report),
        (CONCLUSION, checks_report(rules), state.conclusion),
        (PRESENTATION, presents(rules), state.presentation),
    )
    return tuple(kind for kind, clause, done in steps if clause is not None and done is None)


def _absent(rules: Rulebook, missing: Sequence[str]) -> Refused:
    names = ", ".join(rules.documents[kind].names.en if kind in rules.documents else kind for kind in missing)
    return _refused(rules, materials(rules), f"not before the council: {names}", f"materials with: {', '.join(package(rules))}", missing)


def _stage(rules: Rulebook, clause: str | None, name: str) -> str:
    if clause is None:
        raise _refused(rules, materials(rules), f"{rules.id} has no stage {name}", "the stages of this procedure")
    return clause


def _kind(rules: Rulebook, document: Document, kind: str, clause: str) -> None:
    if kind in rules.documents and document.kind != kind:
        raise _refused(rules, clause, f"the document is a {document.kind}", f"a document of the kind {kind}")


def _refused(rules: Rulebook, clause: str, reason: str, accepts: str, missing: Sequence[str] | None = None) -> Refused:
    return Refused(reason, clause=clause, rulebook=rules.id, accepts=accepts, missing=list(missing) if missing else None)
