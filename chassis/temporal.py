"""The Temporal client as every process makes it: pydantic payloads and W3C trace context through every call."""

from collections.abc import Sequence

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest, DescribeWorkflowExecutionResponse
from temporalio.client import Client, Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter

from chassis.settings import Settings


def temporal_address(settings: Settings) -> str:
    """The setting, or the embedded server's address."""
    return settings.temporal_address or f"{settings.host}:{settings.temporal_port}"


async def connect_temporal(settings: Settings, *, lazy: bool = True) -> Client:
    """A client that connects at its first call, so that a process may start before Temporal; a worker needs one that is connected."""
    interceptors: Sequence[Interceptor] = [TracingInterceptor()]
    return await Client.connect(
        temporal_address(settings),
        namespace=settings.temporal_namespace,
        data_converter=pydantic_data_converter,
        interceptors=interceptors,
        lazy=lazy,
    )


async def described(client: Client, workflow_id: str) -> DescribeWorkflowExecutionResponse:
    """As the server gives it: the time-skipping one keeps search attributes that are unset, and the client's class cannot read those."""
    execution = WorkflowExecution(workflow_id=workflow_id)
    request = DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=execution)
    return await client.workflow_service.describe_workflow_execution(request)
