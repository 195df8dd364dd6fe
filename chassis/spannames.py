"""What spans are called where a library's own name says too little, and the case of a workflow's span: put right as spans leave."""

import re
from collections.abc import Mapping
from typing import Any

CASE_ID = "kepil.case_id"
TAKES_SIGNAL = "workflow takes signal "

_WORKFLOW_ID = "temporalWorkflowID"
_PLAIN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")  # the workflow of a case has the case's id
_WORDS = {
    "RunActivity": "activity ",
    "StartActivity": "schedule activity ",
    "StartLocalActivity": "schedule local activity ",
    "StartChildWorkflow": "start child workflow ",
    "StartWorkflow": "start workflow ",
    "RunWorkflow": "workflow ",
    "CompleteWorkflow": "end of workflow ",
    "SignalWorkflow": "send signal ",
    "SignalChildWorkflow": "send signal ",
    "SignalExternalWorkflow": "send signal ",
    "SignalWithStartWorkflow": "send signal, or start workflow ",
    "HandleSignal": TAKES_SIGNAL,
    "StartWorkflowUpdate": "send update ",
    "ValidateUpdate": "workflow checks update ",
    "HandleUpdate": "workflow takes update ",
    "QueryWorkflow": "ask workflow ",
    "HandleQuery": "workflow answers ",
}


def readable(name: str) -> str:
    """The name as an operator reads it; the SDK of Temporal joins what it does and to what by a colon."""
    kind, colon, rest = name.partition(":")
    return f"{_WORDS[kind]}{rest}" if colon and kind in _WORDS else name


def with_case(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes, with the case where the workflow's id tells it."""
    told = dict(attributes)
    workflow_id = told.get(_WORKFLOW_ID)
    if CASE_ID not in told and isinstance(workflow_id, str) and _PLAIN_ID.match(workflow_id):
        told[CASE_ID] = workflow_id
    return told
