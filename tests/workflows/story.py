"""A case brought to a stage, all on one day."""

from tests.workflows import cases
from tests.workflows.cases import Running


async def to_visit(case: Running, *, completed: bool = True) -> None:
    """The commission has left; its report is due. Not `completed`: it is still there."""
    today = await case.world.today()
    for fact in (
        cases.contract,
        cases.report_received,
        cases.recommendations,
        cases.visit_announced,
        cases.visit_started,
        *([cases.visit_completed] if completed else []),
    ):
        await case.tell(fact(case.id, today))


async def to_visit_report(case: Running) -> None:
    """The council has the case."""
    await to_visit(case)
    await case.tell(cases.visit_report(case.id, await case.world.today()))


async def to_decision(case: Running, *outcomes: str) -> None:
    """The council has decided, by scope."""
    await to_visit_report(case)
    await case.tell(cases.decision(case.id, await case.world.today(), *outcomes))
