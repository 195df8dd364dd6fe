"""The workflow worker: what it needs of the namespace, and its version."""

import hashlib
import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from chassis.failures import CountedFailures
from workflows import lifecycle
from workflows.accreditation import AccreditationLifecycle
from workflows.activities import activities
from workflows.appeal import AppealLifecycle
from workflows.attestation import AttestationLifecycle
from workflows.calendar import CertificateCalendar
from workflows.certificate import CertificateLifecycle
from workflows.internal import InternalMonitoringCycle
from workflows.messages import TASK_QUEUE
from workflows.monitoring import MonitoringLifecycle
from workflows.webhook import WebhookDelivery, WebhookPruning

log = logging.getLogger(__name__)

WORKFLOWS: list[type] = [
    AccreditationLifecycle,
    AppealLifecycle,
    AttestationLifecycle,
    CertificateLifecycle,
    CertificateCalendar,
    InternalMonitoringCycle,
    MonitoringLifecycle,
    WebhookDelivery,
    WebhookPruning,
]
DEPLOYMENT = "kepil-workflows"

#: Lifecycles last for years with few tasks: pinned, one would keep the worker of its first day alive. They move to whatever version is
#: current; the recorded histories under tests/replay prove of each change that running ones can follow it. (ADR 3)
UPGRADES = VersioningBehavior.AUTO_UPGRADE

SEARCH_ATTRIBUTES: list[SearchAttributeKey[Any]] = [
    lifecycle.AGENCY,
    lifecycle.INSTITUTION,
    lifecycle.RULEBOOK,
    lifecycle.STAGE,
    lifecycle.WAITING_ON,
    lifecycle.NEXT_DEADLINE,
]

_ROOT = Path(__file__).resolve().parent.parent


def runner() -> SandboxedWorkflowRunner:
    """The sandbox: our workflow modules run inside, what they only use as data and pure functions is passed through."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(
        "pydantic",
        "pydantic_core",
        "opentelemetry",
        "chassis",
        "regulations",
        "services",
        "workflows.messages",
        "workflows.facts",
    )
    return SandboxedWorkflowRunner(restrictions=restrictions)


def sources() -> list[Path]:
    """The files that decide what a workflow does: its own and the contracts of its messages."""
    return sorted([*(_ROOT / "workflows").glob("*.py"), *(_ROOT / "services").glob("*/contract*.py")])


def build_id(files: Iterable[Path] | None = None) -> str:
    """A hash of the workflow sources: the same code is the same version, wherever it runs."""
    digest = hashlib.sha256()
    for path in sources() if files is None else files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def make_worker(
    client: Client,
    *,
    versioned: bool,
    build: str | None = None,
    workflows: list[type] | None = None,
    grace: timedelta = timedelta(),
    sandboxed: bool = True,
) -> Worker:
    """The worker of the lifecycles. `versioned`: under Worker Versioning, as build `build` (default: the sources' hash).

    The sandbox finds what is not deterministic, and costs nearly half of the worker's time: tests and replays run in it, the service
    runs what passed them. (ADR 3)
    """
    config = None
    if versioned:
        version = WorkerDeploymentVersion(DEPLOYMENT, build or build_id())
        config = WorkerDeploymentConfig(version=version, use_worker_versioning=True, default_versioning_behavior=UPGRADES)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS if workflows is None else workflows,
        activities=activities(client),
        interceptors=[CountedFailures()],
        workflow_runner=runner() if sandboxed else UnsandboxedWorkflowRunner(),
        deployment_config=config,
        graceful_shutdown_timeout=grace,
    )


async def make_current(client: Client, build: str | None = None) -> None:
    """Makes this build the current one; RPCError for as long as the server has not seen its worker."""
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=DEPLOYMENT,
        build_id=build or build_id(),
        identity=client.identity,
        ignore_missing_task_queues=True,
    )
    await client.workflow_service.set_worker_deployment_current_version(request)


async def ensure_search_attributes(client: Client) -> None:
    """Registers the search attributes of lifecycles in the namespace; those that are there stay."""
    for key in SEARCH_ATTRIBUTES:
        kind = IndexedValueType.ValueType(int(key.indexed_value_type))
        request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes={key.name: kind})
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as error:
            if error.status != RPCStatusCode.ALREADY_EXISTS:
                raise
