"""`kepil deadline`: the end of one term, or of a choice of terms, with its clause and every step of the counting."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Console
from rich.text import Text

from cli.errors import Explained
from cli.shelf import find, print_json, reference, unknown
from cli.wording import LANGUAGES, in_words
from regulations import Chosen, Due, compute, compute_choice, possible_from
from regulations.calendar import zone_of
from regulations.rulebook import Rulebook
from regulations.values import fold

_LAST = {
    "deadline": "the last day to act",
    "not_before": "the last day on which it is too early",
    "validity": "the last day of validity",
    "recurrence": "the last day of the next round",
}


class WrongQuestion(Explained):
    """A rule, an anchor, a variant or a day that the rulebook, or the calendar, does not know."""


def run(
    rulebook: str, rule: str, anchors: Sequence[str], variant: str | None = None, version: str | None = None, json: bool = False
) -> int:
    """Computes and prints; WrongQuestion says what there is."""
    book = find(rulebook, version)
    choice = book.choices.get(rule)
    terms = choice.of if choice else (_term(book, rule),)
    days = _days(book, rule, terms, anchors)
    if variant is not None:
        _known_variant(book, rule, terms, variant)
    try:
        chosen = compute_choice(book, rule, days, variant=variant) if choice else None
        deciding = chosen.due if chosen else compute(book, rule, days[book.terms[rule].anchor], variant=variant)
    except (OverflowError, ValueError) as error:
        given = " and ".join(map(str, days.values()))
        raise WrongQuestion(f"{rule} from {given} leaves the years that a calendar has ({error})") from None
    if json:
        print_json(_document(book, rule, chosen, deciding))
    else:
        _print(book, chosen, deciding)
    return 0


def _term(book: Rulebook, rule: str) -> str:
    if rule in book.terms:
        return rule
    kinds = {path.rpartition(".")[2]: path for path in book.citations() if path.partition(".")[0] != "terms"}
    if rule in kinds:
        raise WrongQuestion(f"{kinds[rule]} is no term: ./kepil rulebook show {book.id} {kinds[rule]} says what it is")
    raise WrongQuestion(unknown(f"term or choice of {book.id}", rule, [*book.terms, *book.choices]))


def _known_variant(book: Rulebook, rule: str, terms: Sequence[str], variant: str) -> None:
    known = list(dict.fromkeys(each for term in terms for each in book.terms[term].variants))
    if variant not in known:
        raise WrongQuestion(unknown(f"variant of {rule}", variant, known))


def _days(book: Rulebook, rule: str, terms: Sequence[str], given: Sequence[str]) -> dict[str, date]:
    """The day of each anchor, no more and no fewer than the terms run from."""
    wanted = dict.fromkeys(book.terms[term].anchor for term in terms)
    runs = f"{rule} runs from: " + ", ".join(f"{anchor} ({book.anchors[anchor].en})" for anchor in wanted)
    days: dict[str, date] = {}
    for each in given:
        name, sign, day = each.partition("=")
        if not sign:
            raise WrongQuestion(f"{each!r}: write an anchor and its day as name=YYYY-MM-DD; {runs}")
        if name not in wanted:
            raise WrongQuestion(f"{name!r} is no anchor of it; {runs}")
        if name in days:
            raise WrongQuestion(f"{name} is given twice")
        try:
            days[name] = date.fromisoformat(day)
        except ValueError:
            raise WrongQuestion(f"{name}: {day!r} is no day: write it as YYYY-MM-DD") from None
    if missing := [anchor for anchor in wanted if anchor not in days]:
        raise WrongQuestion(f"the day of {' and of '.join(missing)} is needed: --anchor {missing[0]}=YYYY-MM-DD; {runs}")
    return days


def _document(book: Rulebook, rule: str, chosen: Chosen | None, deciding: Due) -> dict[str, Any]:
    described: dict[str, Any] | None = None
    if chosen:
        choice = chosen.choice
        described = {
            "due": choice.due,
            "missed_when": choice.missed_when,
            "names": choice.names.model_dump(),
            "clause": choice.clause,
            "quote": dict(choice.quote),
            "kind": choice.kind,
            "terms": [_term_document(book, due) for due in chosen.ends],
            "missed_at": chosen.missed_at.isoformat(),
        }
    return {"rulebook": reference(book), "rule": rule, **_term_document(book, deciding), "choice": described}


def _term_document(book: Rulebook, due: Due) -> dict[str, Any]:
    term = book.terms[due.term]
    return {
        "term": due.term,
        "variant": due.variant,
        "variants": list(term.variants),
        "names": term.names.model_dump(),
        "nature": term.nature,
        "binds": term.binds,
        "follows": term.follows,
        "anchor": due.anchor,
        "anchor_on": due.anchor_on,
        "due_on": due.due_on,
        "due_at": due.due_at.isoformat(),
        "possible_from": _possible_from(book, due),
        "falls_on_day_off": due.falls_on_day_off,
        "rolled_from": due.rolled_from,
        "estimated": due.estimated,
        "calendar_version": due.calendar_version,
        "reminders_on": list(due.reminders_on),
        "clause": due.clause,
        "quote": dict(due.quote),
        "kind": due.kind,
        "why": term.why,
        "alternatives": [other.model_dump() for other in term.alternatives],
        "steps": [{"what": step.what, "on": step.on, "until": step.until, "text": step.text} for step in due.steps],
    }


def _possible_from(book: Rulebook, due: Due) -> date | None:
    if book.terms[due.term].nature != "not_before":
        return None
    return possible_from(book, due.term, due.anchor_on, variant=due.variant)


def _print(book: Rulebook, chosen: Chosen | None, deciding: Due) -> None:
    console = Console()
    nature = book.terms[deciding.term].nature
    head = Text(f"{deciding.due_on} ({deciding.due_on:%A})", style="bold green").append(f"  {_LAST[nature]}", style="not bold default")
    console.print(head, soft_wrap=True)
    local = deciding.due_at.astimezone(zone_of(book.zone))
    _line(console, "instant", f"in time before {deciding.due_at.isoformat()}, that is {local:%H:%M} of {local.date()} in {book.zone}")
    if possible := _possible_from(book, deciding):
        _line(console, "possible", f"from {possible} on")
    if deciding.estimated:
        _line(console, "estimated", "it rests on an estimated religious date and may still move", style="yellow")
    if chosen:
        choice = chosen.choice
        _line(console, "choice", f"{choice.names.en}: {in_words(book, choice)}")
        _cited(console, choice.clause, choice.kind, choice.quote)
    for due in chosen.ends if chosen else (deciding,):
        term = book.terms[due.term]
        decides = "  (this one decides)" if chosen and due is deciding else ""
        console.print(Text(f"\n{term.names.en}", style="bold").append(f"  {due.due_on}{decides}", style="green"), soft_wrap=True)
        _line(console, "rule", in_words(book, term))
        if due.variant:
            others = ", ".join(each for each in term.variants if each != due.variant)
            _line(console, "variant", f"{due.variant}: {term.variants[due.variant].names.en}; there is also: {others}")
        _cited(console, due.clause, due.kind, due.quote)
        _line(console, "why", term.why)
        for number, step in enumerate(due.steps, start=1):
            _line(console, "steps" if number == 1 else "", f"{number}. {step.text}")
        _line(console, "reminders", ", ".join(str(day) for day in due.reminders_on))
    _line(console, "calendar", deciding.calendar_version)


def _cited(console: Console, clause: str | None, kind: str, quote: Mapping[Any, str]) -> None:
    _line(console, "clause", f"{clause or 'none'} ({kind})", style="magenta")
    for language, text in quote.items():
        _line(console, f"  {LANGUAGES[language]}", f"«{fold(text)}»")


def _line(console: Console, name: str, told: str | None, style: str = "default") -> None:
    if told:
        console.print(Text(f"{name:<11}", style="dim").append(told, style=f"not dim {style}"), soft_wrap=True)
