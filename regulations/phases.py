"""The parts into which a regulation divides its procedure, above its stages. A rulebook without such parts has none."""

from regulations.rulebook import Rulebook

PARTS = "procedure_stages"


def phase_of(rules: Rulebook, stage: str) -> str | None:
    """The word of `procedure_stages` that includes a stage of the rulebook; None where it does not divide its procedure."""
    return next((word for word, part in rules.vocabularies.get(PARTS, {}).items() if stage in part.includes), None)
