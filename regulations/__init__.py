"""Rulebooks as cited data, the legal calendar, and the terms computed from both. Imports nothing of ours."""

from regulations.calendar import AnnouncedDay, Calendar, DecreedDay, calendar_for, end_of_local_day, local_date
from regulations.counting import Step
from regulations.coverage import enforced, enforces
from regulations.deadlines import (
    Chosen,
    Due,
    Length,
    compute,
    compute_choice,
    earliest_anchor,
    latest_day,
    length,
    possible_from,
    working_days_between,
)
from regulations.library import RulebookChanged, RulebookRefused, RulebookUnknown, load, resolve, versions
from regulations.phases import phase_of
from regulations.rulebook import Rulebook
from regulations.values import (
    Cited,
    Clause,
    Document,
    Entry,
    Range,
    Register,
    RulebookRef,
    Setting,
    Share,
    Stage,
    Term,
    Variant,
)

__all__ = [
    "AnnouncedDay",
    "Calendar",
    "Chosen",
    "Cited",
    "Clause",
    "DecreedDay",
    "Document",
    "Due",
    "Entry",
    "Length",
    "Range",
    "Register",
    "Rulebook",
    "RulebookChanged",
    "RulebookRef",
    "RulebookRefused",
    "RulebookUnknown",
    "Setting",
    "Share",
    "Stage",
    "Step",
    "Term",
    "Variant",
    "calendar_for",
    "compute",
    "compute_choice",
    "earliest_anchor",
    "end_of_local_day",
    "enforced",
    "enforces",
    "latest_day",
    "length",
    "load",
    "local_date",
    "phase_of",
    "possible_from",
    "resolve",
    "versions",
    "working_days_between",
]
