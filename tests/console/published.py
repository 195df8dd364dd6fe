"""The event types that the services publish, by their samples."""

from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "contract" / "events"


def published() -> set[str]:
    """The names of all types."""
    return {path.name.partition(".v")[0] for path in SAMPLES.glob("*/*.json")}
