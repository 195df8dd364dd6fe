"""The workflow worker on a full Temporal server: versions, restarts, services that are away, and what operators see."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import VersioningBehavior
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError

from chassis.temporal import described
from cli import servers
from services.review import contract as review
from tests.waiting import eventually
from tests.workflows import cases
from tests.workflows.cases import Running, World
from tests.workflows.variants import NextLifecycle
from workflows import lifecycle
from workflows.certificate import CertificateLifecycle
from workflows.worker import DEPLOYMENT, SEARCH_ATTRIBUTES, build_id, ensure_search_attributes, make_current, make_worker, sources


def test_the_build_is_the_content_of_the_workflows_and_of_their_messages(tmp_path: Path) -> None:
    module = tmp_path / "accreditation.py"
    module.write_text("first")
    first = build_id([module])
    assert first == build_id([module])
    module.write_text("second")
    assert build_id([module]) != first
    names = {f"{path.parent.name}/{path.name}" for path in sources()}
    assert {"workflows/accreditation.py", "workflows/lifecycle.py", "council/contract.py", "monitoring/contract.py"} <= names


async def test_the_search_attributes_are_registered_once_and_again_without_harm(real_time: World) -> None:
    await ensure_search_attributes(real_time.client)
    await ensure_search_attributes(real_time.client)
    assert {key.name for key in SEARCH_ATTRIBUTES} == set(servers.SEARCH_ATTRIBUTES)


async def test_operators_find_cases_by_agency_and_stage(real_time: World) -> None:
    async with real_time.services.working(), make_worker(real_time.client, versioned=False):
        first, second = await real_time.case(), await real_time.case()
        await second.tell(cases.contract(second.id, await real_time.today()))

        async def found(stage: str) -> list[str]:
            query = f"KepilAgency = '{real_time.agency}' AND KepilStage = '{stage}' AND ExecutionStatus = 'Running'"
            return [execution.id async for execution in real_time.client.list_workflows(query)]

        async def visible() -> bool:
            return await found("contract") == [first.id] and await found("self_assessment") == [second.id]

        await eventually(visible, "both cases are found by their stage")
        await real_time.close()


async def test_a_lifecycle_goes_on_when_its_worker_is_restarted_in_the_middle(real_time: World) -> None:
    async with real_time.services.working():
        today = await real_time.today()
        async with make_worker(real_time.client, versioned=False):
            case = await real_time.case()
            await case.tell(cases.contract(case.id, today))
        await case.signal(cases.report_received(case.id, today))
        await case.signal(cases.recommendations(case.id, today))
        async with make_worker(real_time.client, versioned=False):

            async def gone_on() -> bool:
                return bool(await case.shows(lifecycle.STAGE) == "visit_announcement")

            await eventually(gone_on, "the second worker has taken both facts")
            await real_time.close()
    assert case.requests(review.OPEN_SELF_ASSESSMENT) == [review.OPEN_SELF_ASSESSMENT]


async def test_a_service_that_is_away_is_waited_for(real_time: World) -> None:
    async with make_worker(real_time.client, versioned=False), real_time.services.working(review.TASK_QUEUE):
        case = await real_time.case()
        await case.signal(cases.contract(case.id, await real_time.today()))

        async def asked() -> bool:
            return bool((await described(real_time.client, case.id)).pending_activities)

        await eventually(asked, "the lifecycle waits for review")
        assert await case.stage() == "contract"
        async with real_time.services.working(*(queue for queue in cases.QUEUES if queue != review.TASK_QUEUE)):
            await real_time.time.settle()
            assert await case.stage() == "self_assessment"
        await real_time.close()


@pytest_asyncio.fixture
async def versions(real_time: World) -> AsyncIterator[Client]:
    """Afterwards no version is current, so that workers without one are given tasks again."""
    yield real_time.client
    await _set_current(real_time.client, "")


@pytest.mark.slow
async def test_a_running_case_moves_to_the_current_version(real_time: World, versions: Client) -> None:
    async with real_time.services.working(), make_worker(versions, versioned=True, build="first"):
        await _current(versions, "first")
        case, other = await real_time.case(), await real_time.case()
        assert await _version(case) == "first"

        async with make_worker(versions, versioned=True, build="second", workflows=[NextLifecycle, CertificateLifecycle]):
            await _current(versions, "second")
            await _routed(real_time, "second")
            await case.tell(cases.report_received(case.id, await real_time.today()))
            assert await _version(case) == "second"
            assert await case.stage() == "next: contract"
            await case.tell(cases.contract(case.id, await real_time.today()))
            assert await case.stage() == "next: recommendations"
            assert await _version(other) == "first"
            await real_time.close()


async def test_a_version_that_no_worker_has_is_not_made_current(real_time: World) -> None:
    with pytest.raises(RPCError):
        await make_current(real_time.client, "never-built")


async def _current(client: Client, build: str) -> None:
    async def accepted() -> bool:
        try:
            await make_current(client, build)
        except RPCError:
            return False
        return True

    await eventually(accepted, f"{build} is current")


async def _set_current(client: Client, build: str) -> None:
    request = SetWorkerDeploymentCurrentVersionRequest(namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=build)
    await client.workflow_service.set_worker_deployment_current_version(request)


async def _routed(world: World, build: str) -> None:
    """The server tells its task queues of a new current version in its own time; a new case shows that it has."""

    async def told() -> bool:
        return await _version(await world.case()) == build

    await eventually(told, f"new cases run on {build}")


async def _version(case: Running) -> str:
    info = (await described(case.world.client, case.id)).workflow_execution_info.versioning_info
    assert info.behavior == VersioningBehavior.VERSIONING_BEHAVIOR_AUTO_UPGRADE
    return info.deployment_version.build_id
