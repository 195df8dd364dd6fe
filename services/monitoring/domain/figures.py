"""The figures of internal monitoring (ARTKI, 2.1.1, 2.2.2): pure arithmetic over facts that are noted of cases.

No figure is a rule: what is late, or how many rounds are many, the rulebooks and the readers say.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from statistics import fmean, median


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a case. `word`: its outcome; `counted` and `out_of`: a number of it."""

    fact_id: str
    what: str
    case_id: str
    happened_on: date
    key: str | None = None
    word: str | None = None
    counted: int | None = None
    out_of: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Days from one of `starts` to one of `ends`. `same`: of the same key, as of the same round. `word`: only ends with that outcome."""

    name: str
    starts: tuple[str, ...]
    ends: tuple[str, ...]
    same: bool = False
    word: str | None = None


_STUDIED = ("ReportStudied", "InterimReportRejected", "ReportChangesRequested")

#: How long the agency and those it works with take, stage by stage.
STAGES = (
    Span("registration", ("ApplicationFiled",), ("ApplicationRegistered",)),
    Span("contract", ("ApplicationRegistered",), ("ContractConcluded",)),
    Span("self_assessment", ("ContractConcluded",), ("SelfAssessmentReportReceived",)),
    Span("first_report_version", ("ContractConcluded",), ("ReportVersionSubmitted",), word="1"),
    Span("report_examination", ("ReportVersionSubmitted",), ("TechnicalExaminationHeld",), same=True),
    Span("report_review", ("SelfAssessmentReportReceived",), ("RecommendationsIssued",)),
    Span("report_acceptance", ("ContractConcluded",), ("SelfAssessmentReportAccepted",)),
    Span("visit", ("VisitStarted",), ("VisitCompleted",)),
    Span("visit_report", ("VisitCompleted",), ("VisitReportSubmitted",)),
    Span("consideration", ("VisitReportSubmitted",), ("DecisionAdopted",)),
    Span("application_to_decision", ("ApplicationFiled",), ("DecisionAdopted",)),
    Span("decision_to_certificate", ("DecisionAdopted",), ("CertificateIssued",)),
    Span("plan_review", ("PlanSubmitted",), ("PlanReviewed", "PlanChangesRequested"), same=True),
    Span("cycle_report_study", ("InterimReportSubmitted",), _STUDIED, same=True),
    Span("cycle", ("CycleOpened",), ("CycleClosed",)),
    Span("monitoring_visit_report", ("MonitoringVisitHeld",), ("MonitoringVisitReported",)),
    Span("attestation_work", ("AttestationWorkBegan",), ("AttestationWorkEnded",)),
    Span("attestation_conclusion", ("AttestationWorkEnded",), ("ConclusionCompleted",)),
    Span("attestation_decision", ("ConclusionCompleted",), ("AttestationDecided",)),
)

#: How long a letter follows what it tells of.
LETTERS = (
    Span("composition", ("PanelFormed",), ("CompositionTold",)),
    Span("examination_results", ("TechnicalExaminationHeld",), ("ExaminationResultsSent",), same=True),
    Span("decision_notice", ("DecisionAdopted",), ("DecisionNoticeSent",)),
    Span("refusal_notice", ("DecisionAdopted",), ("RefusalNoticeSent",)),
    Span("authorised_body_notice", ("CertificateIssued",), ("AuthorisedBodyNotified",), same=True),
    Span("ministry_notice", ("DecisionAdopted",), ("MinistryInformed",)),
    Span("visit_decision_notice", ("VisitDecided",), ("VisitDecisionTold",)),
    Span("acceptance_notice", ("ResultAssessed",), ("AcceptanceTold",)),
    Span("resolution", ("ResolutionAdopted",), ("ResolutionDelivered",), same=True),
    Span("attestation_dates", ("AttestationScheduled",), ("AttestationDatesTold",), word="first"),
    Span("attestation_changed_dates", ("AttestationRescheduled",), ("AttestationDatesTold",), word="changed"),
    Span("missing_materials", ("MaterialsReceived",), ("MissingPartsTold",), same=True),
    Span("attestation_second_copy", ("ConclusionCompleted",), ("SecondCopyHandedOver",)),
    Span("attestation_decision_notice", ("AttestationDecided",), ("AttestationDecisionTold",)),
)

#: Which fact tells in how many rounds something was done.
ROUNDS = {
    "self_assessment_versions": "SelfAssessmentReportAccepted",
    "plan": "PlanReviewed",
    "cycle_report": "ReportStudied",
    "attestation_materials": "MaterialsAnalysed",
}

#: What was asked for, and the fact that decides it.
RULINGS = {
    "expert_objections": ("ExpertObjected", "ObjectionDecided"),
    "group_objections": ("GroupMemberObjected", "GroupObjectionDecided"),
    "appeals": ("AppealFiled", "AppealDecided"),
    "complaints": ("ComplaintFiled", "ComplaintDecided"),
}

#: Corrections that institutions asked for in a report, and how many were accepted.
FACTUAL_CHECK = "FactualCheckClosed"

#: Decisions, and how many of their scopes went otherwise than the conclusion proposed.
DECISIONS = ("DecisionAdopted", "AttestationDecided")

COUNTED_FACTS = frozenset(
    {name for span in (*STAGES, *LETTERS) for name in (*span.starts, *span.ends)}
    | set(ROUNDS.values())
    | {name for pair in RULINGS.values() for name in pair}
    | {FACTUAL_CHECK, *DECISIONS}
)


@dataclass(frozen=True)
class Days:
    """How many days something took: of `n` times, the middle one, the one that nine of ten do not exceed, the shortest and the longest."""

    n: int
    median: float
    p90: int
    shortest: int
    longest: int


@dataclass(frozen=True)
class Rounds:
    """In how many rounds something was done: of `n` times, on the average, at most."""

    n: int
    mean: float
    most: int


@dataclass(frozen=True)
class Rulings:
    """How often something was asked for in a period, and how it was decided in it."""

    filed: int
    outcomes: Mapping[str, int]


@dataclass(frozen=True)
class Share:
    """`counted` of `out_of`."""

    counted: int
    out_of: int


@dataclass(frozen=True)
class Period:
    """Local days, the first and the last included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Figures:
    """Everything by procedure and name."""

    stages: Mapping[tuple[str, str], Days]
    letters: Mapping[tuple[str, str], Days]
    rounds: Mapping[tuple[str, str], Rounds]
    rulings: Mapping[tuple[str, str], Rulings]
    corrections: Mapping[str, Share]
    deviations: Mapping[str, Share]


def figures(facts: Iterable[Fact], procedures: Mapping[str, str], period: Period) -> Figures:
    """The figures of a period. `procedures`: the rulebook of each case; a case that has none is counted under "".

    What counts is what ended in the period: a stage, a letter, a ruling, a decision. A span begins with the last start before its end.
    """
    by_case: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_case[fact.case_id].append(fact)
    stages, letters = defaultdict[tuple[str, str], list[int]](list), defaultdict[tuple[str, str], list[int]](list)
    rounds, filed = defaultdict[tuple[str, str], list[int]](list), Counter[tuple[str, str]]()
    outcomes: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    corrections, deviations = defaultdict[str, list[Fact]](list), defaultdict[str, list[Fact]](list)
    for case_id, of_case in by_case.items():
        procedure = procedures.get(case_id, "")
        for spans, found in ((STAGES, stages), (LETTERS, letters)):
            for span in spans:
                found[procedure, span.name] += _days(span, of_case, period)
        within = [fact for fact in of_case if fact.happened_on in period]
        for name, what in ROUNDS.items():
            rounds[procedure, name] += [fact.counted for fact in within if fact.what == what and fact.counted is not None]
        for name, (asked, decided) in RULINGS.items():
            filed[procedure, name] += sum(fact.what == asked for fact in within)
            outcomes[procedure, name].update(fact.word or "" for fact in within if fact.what == decided)
        corrections[procedure] += [fact for fact in within if fact.what == FACTUAL_CHECK]
        deviations[procedure] += [fact for fact in within if fact.what in DECISIONS]
    asked_for = sorted(key for key in filed if filed[key] or outcomes[key])
    return Figures(
        stages={key: _summary(days) for key, days in sorted(stages.items()) if days},
        letters={key: _summary(days) for key, days in sorted(letters.items()) if days},
        rounds={key: Rounds(len(each), round(fmean(each), 2), max(each)) for key, each in sorted(rounds.items()) if each},
        rulings={key: Rulings(filed[key], dict(sorted(outcomes[key].items()))) for key in asked_for},
        corrections={key: _share(each) for key, each in sorted(corrections.items()) if each},
        deviations={key: _share(each) for key, each in sorted(deviations.items()) if each},
    )


def _days(span: Span, facts: Sequence[Fact], period: Period) -> list[int]:
    starts = [fact for fact in facts if fact.what in span.starts]
    ends = [fact for fact in facts if fact.what in span.ends and fact.happened_on in period]
    taken: list[int] = []
    for end in ends:
        if span.word is not None and end.word != span.word:
            continue
        before = [start.happened_on for start in starts if start.happened_on <= end.happened_on and (not span.same or start.key == end.key)]
        if before:
            taken.append((end.happened_on - max(before)).days)
    return taken


def _summary(days: Sequence[int]) -> Days:
    ordered = sorted(days)
    nine_of_ten = ordered[ceil(len(ordered) * 9 / 10) - 1]
    return Days(len(ordered), float(median(ordered)), nine_of_ten, ordered[0], ordered[-1])


def _share(facts: Sequence[Fact]) -> Share:
    return Share(sum(fact.counted or 0 for fact in facts), sum(fact.out_of or 0 for fact in facts))
