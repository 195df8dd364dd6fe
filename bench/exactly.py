"""Whether every case took every step exactly once: what the services' logs must hold of it, beside what they hold. No I/O."""

from collections import Counter
from collections.abc import Collection, Mapping

#: A step of one case: the service, the kind of event, and the case that it belongs to.
Step = tuple[str, str, str]

#: What one case leaves behind, by service: its commands over REST, and what its lifecycle asked of the services.
EXPECTED: Mapping[str, Mapping[str, int]] = {
    "intake": {"ApplicationFiled": 1, "ApplicationRegistered": 1, "ContractSigned": 2, "ContractConcluded": 1},
    "review": {
        "SelfAssessmentOpened": 1,
        "ElectronicReportReceived": 1,
        "PaperReportReceived": 1,
        "SelfAssessmentReportReceived": 1,
        "ReportReviewed": 1,
        "RecommendationsIssued": 1,
    },
    "visits": {"VisitOpened": 1, "PanelFormed": 1},
    "council": {},
    "monitoring": {"DeadlineSet overall": 1},
}


def faults(cases: Collection[str], found: Mapping[Step, int], expected: Mapping[str, Mapping[str, int]] = EXPECTED) -> list[str]:
    """What was lost, doubled or done without reason, in words; nothing if every step was done exactly once."""
    wanted = {(service, kind, case): times for service, kinds in expected.items() for kind, times in kinds.items() for case in cases}
    wrong: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for step in sorted(wanted.keys() | found.keys()):
        there, due = found.get(step, 0), wanted.get(step, 0)
        if there != due:
            service, kind, case = step
            what = f"{service}: {kind} {'lost' if there < due else 'doubled' if due else 'unexpected'}, {there} instead of {due}"
            wrong[what] += 1
            examples.setdefault(what, case)
    return [f"{what}, in {count} of {len(cases)} cases, such as {examples[what]}" for what, count in wrong.items()]


def checked(cases: Collection[str], expected: Mapping[str, Mapping[str, int]] = EXPECTED) -> int:
    """How many steps there are when none is lost or doubled."""
    return len(cases) * sum(times for kinds in expected.values() for times in kinds.values())
