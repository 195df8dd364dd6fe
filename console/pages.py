"""Templates: Jinja2 with escaping always on and no undefined names, one environment for each language over the same files."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from console import i18n
from console.nav import entries

if TYPE_CHECKING:
    from console.visit import Visit

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


def asset(name: str) -> str:
    """The address of a static file, with a mark of its content so that browsers may keep it for good."""
    return f"/static/{name}?v={_mark(name, (STATIC / name).stat().st_mtime_ns)}"


@cache
def _mark(name: str, _: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def environment(language: str, *, reload: bool = False) -> Environment:
    """The templates in one language."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.install_gettext_translations(i18n.translations(language), newstyle=True)  # type: ignore[attr-defined]
    made.globals |= {"asset": asset, "languages": i18n.NAMES}
    return made


class Pages:
    """Renders pages."""

    def __init__(self, *, reload: bool = False) -> None:
        self._environments = {language: environment(language, reload=reload) for language in i18n.LANGUAGES}

    def render(self, template: str, visit: "Visit", context: Mapping[str, Any]) -> str:
        """The text of a page for a visit."""
        person = visit.session.person if visit.session else None
        given = {"visit": visit, "language": visit.language, "person": person, "navigation": entries(person), **context}
        return self._environments[visit.language].get_template(template).render(given)
