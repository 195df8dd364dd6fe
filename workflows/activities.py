"""What lifecycles ask of their own worker: what a workflow cannot do by itself."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.accreditation import AccreditationLifecycle
from workflows.messages import BEGIN_AGAIN, TASK_QUEUE, AccreditationCase

log = logging.getLogger(__name__)


def activities(client: Client) -> list[Callable[..., Awaitable[Any]]]:
    """The activities on the task queue of the lifecycles."""

    @activity.defn(name=BEGIN_AGAIN)
    async def begin_again(case: AccreditationCase) -> None:
        """A closed case has a lifecycle once more, under its own id; one that still runs goes on by itself."""
        try:
            await client.start_workflow(
                AccreditationLifecycle.__name__,
                case,
                id=case.case_id,
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            )
        except WorkflowAlreadyStartedError:
            log.info("the lifecycle of %s goes on itself", case.case_id)

    return [begin_again]
