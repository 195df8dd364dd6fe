"""Histories of lifecycles as files, and their replay by the code of today with the worker's own sandbox, converter and interceptors."""

import json
from collections.abc import Sequence
from pathlib import Path

from temporalio.client import WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from workflows.worker import WORKFLOWS, runner

HISTORIES = Path(__file__).parent / "histories"


def replayer(workflows: Sequence[type] = WORKFLOWS) -> Replayer:
    """Of these workflows as the worker would run them."""
    return Replayer(
        workflows=workflows, workflow_runner=runner(), data_converter=pydantic_data_converter, interceptors=[TracingInterceptor()]
    )


def recorded() -> list[Path]:
    """The files of recorded histories; one is one lifecycle."""
    return sorted(HISTORIES.glob("*.json"))


def read(file: Path) -> list[WorkflowHistory]:
    """The runs of a lifecycle, the first first."""
    return [WorkflowHistory.from_json(file.stem, run) for run in json.loads(file.read_text(encoding="utf-8"))]


def write(name: str, runs: Sequence[WorkflowHistory]) -> None:
    """One run a line; all that the server keeps, but for spaces."""
    lines = [json.dumps(run.to_json_dict(), ensure_ascii=False, separators=(",", ":")) for run in runs]
    HISTORIES.mkdir(exist_ok=True)
    (HISTORIES / f"{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
