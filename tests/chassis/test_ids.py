"""Identifiers."""

from uuid import UUID

import pytest

from chassis.ids import derived_id, new_id


def test_new_ids_are_version_7_and_sort_by_age() -> None:
    ids = [new_id() for _ in range(1_000)]

    assert len(set(ids)) == 1_000
    assert ids == sorted(ids)
    assert {UUID(each).version for each in ids} == {7}


def test_the_same_parts_derive_the_same_id() -> None:
    assert derived_id("case-1", "notify") == derived_id("case-1", "notify")
    assert UUID(derived_id("case-1")).version == 5


def test_no_joining_of_parts_imitates_other_parts() -> None:
    assert len({derived_id("ab", "c"), derived_id("a", "bc"), derived_id("abc"), derived_id("a", "b", "c")}) == 4


def test_an_id_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        derived_id()
