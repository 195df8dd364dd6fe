"""An endpoint's life: registered, verified, changed, its key rotated, disabled and enabled, removed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.decider import Command
from chassis.events import Event
from chassis.problems import Conflict
from services.notices.contract import (
    EndpointChanged,
    EndpointDisabled,
    EndpointEnabled,
    EndpointRegistered,
    EndpointRemoved,
    EndpointVerified,
    SecretRotated,
)
from services.notices.domain.endpoint import (
    ENDPOINT,
    AskForTestEvent,
    ChangeEndpoint,
    CutOffEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    RecoverDeliveries,
    RegisterEndpoint,
    RemoveEndpoint,
    ResendDelivery,
    RotateSecret,
    VerifyEndpoint,
)

AT = datetime(2030, 1, 2, 3, tzinfo=UTC)
URL = "https://portal.example.edu/kepil"
KNOWN = {"endpoint_id": "e-1", "institution_id": "kaznu"}
REGISTERED = EndpointRegistered(**KNOWN, url=URL, algorithm="hmac", key_id="k-1", registered_at=AT)
VERIFIED = EndpointVerified(**KNOWN, verified_at=AT)
DISABLED = EndpointDisabled(**KNOWN, why="by_person", disabled_at=AT)
ENABLED = EndpointEnabled(**KNOWN, enabled_at=AT)
REMOVED = EndpointRemoved(**KNOWN, removed_at=AT)


def when(kind: type[Command], past: Sequence[Event], *, at: datetime = AT, **fields: Any) -> Sequence[Event]:
    command = kind(at=at, by="officer", **fields)
    return ENDPOINT.decide(command, ENDPOINT.fold(past), None)


def status(*past: Event) -> str:
    return ENDPOINT.fold(past).status


def test_it_is_registered_with_its_first_key() -> None:
    fields = {**KNOWN, "url": URL, "algorithm": "hmac", "key_id": "k-1"}
    assert when(RegisterEndpoint, [], **fields) == [REGISTERED]


def test_it_is_used_once_it_has_answered() -> None:
    assert status(REGISTERED) == "unverified"
    assert when(VerifyEndpoint, [REGISTERED], url=URL) == [VERIFIED]
    assert status(REGISTERED, VERIFIED) == "active"


@pytest.mark.parametrize("past", [[REGISTERED, VERIFIED], [REGISTERED, DISABLED], [REGISTERED, REMOVED]])
def test_an_answer_verifies_only_what_waits_for_it(past: list[Event]) -> None:
    assert when(VerifyEndpoint, past, url=URL) == []


def test_an_answer_of_the_address_before_verifies_nothing() -> None:
    assert when(VerifyEndpoint, [REGISTERED], url=f"{URL}/old") == []


def test_a_new_address_is_verified_anew_and_another_filter_is_not() -> None:
    past = [REGISTERED, VERIFIED]
    [moved] = when(ChangeEndpoint, past, url=f"{URL}/2")
    assert isinstance(moved, EndpointChanged)
    assert moved.moved
    assert status(*past, moved) == "unverified"
    [filtered] = when(ChangeEndpoint, past, url=URL, types=("kepil.council",))
    assert isinstance(filtered, EndpointChanged)
    assert not filtered.moved
    assert status(*past, filtered) == "active"
    assert status(REGISTERED, DISABLED, moved) == "disabled", "a change enables nothing"


def test_a_change_that_changes_nothing_is_refused() -> None:
    with pytest.raises(Conflict, match="so already"):
        when(ChangeEndpoint, [REGISTERED], url=URL)


def test_two_keys_sign_while_they_overlap_and_never_three() -> None:
    [first] = when(RotateSecret, [REGISTERED], key_id="k-2", overlap=timedelta(hours=24))
    assert isinstance(first, SecretRotated)
    assert (first.replaces, first.drops, first.overlap_until) == ("k-1", (), AT + timedelta(hours=24))
    [soon] = when(RotateSecret, [REGISTERED, first], at=AT + timedelta(hours=1), key_id="k-3", overlap=timedelta(hours=24))
    assert isinstance(soon, SecretRotated)
    assert (soon.replaces, soon.drops) == ("k-2", ("k-1",))
    [late] = when(RotateSecret, [REGISTERED, first], at=AT + timedelta(hours=24), key_id="k-3", overlap=timedelta())
    assert isinstance(late, SecretRotated)
    assert (late.replaces, late.drops) == ("k-2", ())


def test_a_disabled_one_is_verified_again_before_it_is_used() -> None:
    assert status(REGISTERED, VERIFIED, DISABLED) == "disabled"
    assert when(EnableEndpoint, [REGISTERED, DISABLED]) == [ENABLED]
    assert status(REGISTERED, VERIFIED, DISABLED, ENABLED) == "unverified"


@pytest.mark.parametrize("past", [[REGISTERED, DISABLED], [REGISTERED, REMOVED]])
def test_what_a_sender_finds_out_twice_changes_nothing(past: list[Event]) -> None:
    assert when(CutOffEndpoint, past, why="gone_410", note="it answered 410 Gone") == []


@pytest.mark.parametrize("past", [[REGISTERED], [REGISTERED, VERIFIED]])
def test_a_sender_cuts_off_what_is_gone(past: list[Event]) -> None:
    [cut] = when(CutOffEndpoint, past, why="gone_410", note="it answered 410 Gone")
    assert isinstance(cut, EndpointDisabled)
    assert cut.why == "gone_410"


@pytest.mark.parametrize(
    ("past", "kind", "fields", "why"),
    [
        ([REGISTERED, DISABLED], DisableEndpoint, {}, "is disabled"),
        ([REGISTERED, DISABLED], AskForTestEvent, {}, "is disabled"),
        ([REGISTERED], ResendDelivery, {"delivery_id": "d-1"}, "not answered"),
        ([REGISTERED], RecoverDeliveries, {"since": AT}, "not answered"),
        ([REGISTERED, VERIFIED], RecoverDeliveries, {"since": AT + timedelta(seconds=1)}, "still to come"),
        ([REGISTERED], EnableEndpoint, {}, "not disabled"),
        *(
            ([REGISTERED, REMOVED], kind, fields, "is removed")
            for kind, fields in (
                (ChangeEndpoint, {"url": URL}),
                (RotateSecret, {"key_id": "k", "overlap": timedelta()}),
                (AskForTestEvent, {}),
                (ResendDelivery, {"delivery_id": "d-1"}),
                (RecoverDeliveries, {"since": AT}),
                (DisableEndpoint, {}),
                (EnableEndpoint, {}),
                (RemoveEndpoint, {}),
            )
        ),
    ],
)
def test_what_cannot_be_is_refused(past: list[Event], kind: type[Command], fields: dict[str, Any], why: str) -> None:
    with pytest.raises(Conflict, match=why):
        when(kind, past, **fields)
    refused = ENDPOINT.refusals(ENDPOINT.fold(past), None)[kind]
    assert (refused is None) is (why == "still to come")
