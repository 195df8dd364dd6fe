"""Lifecycles as a later or a careless Kepil might have them. Loaded inside the sandbox, so nothing else lives here."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from services.council import contract as council
    from workflows.messages import AccreditationCase

from workflows.accreditation import AccreditationLifecycle
from workflows.stages import consideration


@workflow.defn(name="AccreditationLifecycle")
class NextLifecycle(AccreditationLifecycle):
    """The next version: the same procedure, and `stage` says which version answers."""

    @workflow.init
    def __init__(self, case: AccreditationCase) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: AccreditationCase) -> str:
        """As before."""
        return await super().run(case)

    @workflow.query
    def stage(self) -> str:
        """With its version."""
        return f"next: {super().stage()}"


@workflow.defn(name="AccreditationLifecycle")
class ReorderedLifecycle(AccreditationLifecycle):
    """A careless change: the council is asked first."""

    @workflow.init
    def __init__(self, case: AccreditationCase) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: AccreditationCase) -> str:
        """Begins with what came later."""
        await self._life.once(council.TASK_QUEUE, council.OPEN_CONSIDERATION, consideration(self._case))
        return await super().run(case)


@workflow.defn(name="AccreditationLifecycle")
class PatchedLifecycle(AccreditationLifecycle):
    """The same change done with care: only cases that begin after it have the new step."""

    @workflow.init
    def __init__(self, case: AccreditationCase) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: AccreditationCase) -> str:
        """The new step behind a patch."""
        if workflow.patched("opened-first"):
            await self._life.once(council.TASK_QUEUE, council.OPEN_CONSIDERATION, consideration(self._case))
        return await super().run(case)
