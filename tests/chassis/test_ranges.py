"""Parts of a file, as RFC 9110 has them: what is no range gets the whole, what lies behind the end is refused."""

import pytest

from chassis.problems import RangeNotSatisfiable
from chassis.ranges import Part, part_of, unchanged

TAG = '"ab"'


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=10-", 10, 99),
        ("bytes=99-1000", 99, 99),
        ("bytes=-10", 90, 99),
        ("bytes=-1000", 0, 99),
        (" Bytes = 5-6 ", 5, 6),
    ],
)
def test_a_part_is_what_rfc_9110_says(asked: str, first: int, last: int) -> None:
    part = part_of({"range": asked}, 100, TAG)
    assert part == Part(first, last, 100)
    assert (part.length, part.told) == (last - first + 1, f"bytes {first}-{last}/100")


@pytest.mark.parametrize(
    "asked", ["", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=٠-١", "0-1"]
)
def test_what_is_no_single_range_gets_the_whole(asked: str) -> None:
    assert part_of({"range": asked}, 100, TAG) is None


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0", f"bytes={'9' * 18}-"])
def test_what_lies_behind_the_end_is_refused(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable, match="100 bytes") as refused:
        part_of({"range": asked}, 100, TAG)
    assert refused.value.headers == {"Content-Range": "bytes */100"}


def test_a_part_of_something_else_is_not_given() -> None:
    assert part_of({"range": "bytes=0-1", "if-range": TAG}, 100, TAG) is not None
    for other in ('"cd"', f"W/{TAG}", "Sat, 21 Nov 2026 06:00:00 GMT"):
        assert part_of({"range": "bytes=0-1", "if-range": other}, 100, TAG) is None


@pytest.mark.parametrize(
    ("known", "same"), [("", False), ('"cd"', False), (TAG, True), (f"W/{TAG}", True), (f'"cd", {TAG}', True), ("*", True)]
)
def test_who_has_it_already_is_told_so(known: str, same: bool) -> None:
    assert unchanged({"if-none-match": known} if known else {}, TAG) is same
