"""The code of today goes on with every lifecycle that was ever recorded."""

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType

from services.council import contract as council
from services.intake import contract as intake
from services.monitoring import contract as monitoring
from services.notices import contract as notices
from services.review import contract as review
from services.visits import contract as visits
from tests.replay.record import STORIES
from tests.replay.replaying import read, recorded, replayer
from tests.workflows.variants import NextLifecycle, PatchedLifecycle, ReorderedLifecycle
from workflows.accreditation import AccreditationLifecycle
from workflows.certificate import CertificateLifecycle
from workflows.messages import BEGIN_AGAIN
from workflows.worker import WORKFLOWS

ACTIVITIES = {
    value
    for contract in (council, intake, monitoring, notices, review, visits)
    for name, value in vars(contract).items()
    if name.isupper() and isinstance(value, str) and value.startswith(f"{contract.EVENTS.service}.")
} | {BEGIN_AGAIN}


@pytest.mark.parametrize("file", recorded(), ids=lambda file: file.stem)
async def test_a_recorded_lifecycle_replays(file: Path) -> None:
    for run in read(file):
        await replayer().replay_workflow(run)


@pytest.mark.parametrize("file", recorded(), ids=lambda file: file.stem)
async def test_every_recorded_run_but_the_last_ends_in_a_new_run(file: Path) -> None:
    *earlier, _ = read(file)
    for run in earlier:
        assert run.events[-1].event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


def test_every_story_is_recorded() -> None:
    assert set(STORIES) <= {file.stem for file in recorded()}


def test_the_recordings_are_of_every_lifecycle_and_of_every_activity() -> None:
    events = [event for file in recorded() for run in read(file) for event in run.events]
    types = {e.workflow_execution_started_event_attributes.workflow_type.name for e in events} - {""}
    asked = {e.activity_task_scheduled_event_attributes.activity_type.name for e in events} - {""}
    assert types == {kind.__name__ for kind in WORKFLOWS}
    assert asked == ACTIVITIES


async def test_a_change_of_the_order_of_activities_is_found_out() -> None:
    [file] = [file for file in recorded() if file.stem == "accredited"]
    with pytest.raises(workflow.NondeterminismError):
        await replayer([ReorderedLifecycle, CertificateLifecycle]).replay_workflow(read(file)[0])


@pytest.mark.parametrize("changed", [PatchedLifecycle, NextLifecycle])
async def test_the_same_change_behind_a_patch_follows_every_recorded_case(changed: type) -> None:
    for file in recorded():
        for run in read(file):
            await replayer([changed, *(kind for kind in WORKFLOWS if kind is not AccreditationLifecycle)]).replay_workflow(run)
