"""What of the console is to be translated: found in its Python and its templates, with what services refuse by, and compared with the
catalogues.

`python -m console.extraction AREA` prints what no catalogue has yet, to be appended to the area's files.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import write_po

from console import extraction_refusals
from console.i18n import LANGUAGES, LOCALE, areas, merged, read_catalogue

ROOT = Path(__file__).parent
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None}
_METHODS = [("**.py", "python"), ("templates/**.jinja", "jinja2")]
_OPTIONS = {"templates/**.jinja": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "trimmed": "true", "silent": "false"}}

Id = str | tuple[str, ...]


def messages() -> dict[Id, list[str]]:
    """Every message of the source, with the files that have it."""
    found: dict[Id, list[str]] = {}
    for file, _, message, _, _ in extract_from_dir(ROOT, _METHODS, _OPTIONS, KEYWORDS):
        found.setdefault(tuple(message) if isinstance(message, (list, tuple)) else message, []).append(file)
    for refusal, files in extraction_refusals.messages().items():
        found.setdefault(refusal, []).extend(files)
    return found


def kept() -> Iterator[tuple[Path, str, Catalog]]:
    """Every catalogue file with its language."""
    for area in areas():
        for language in LANGUAGES[:-1]:
            path = area / f"{language}.po"
            if path.exists():
                yield path, language, read_catalogue(path, language)


def missing(language: str) -> list[Id]:
    """What the source has and the language's catalogues have not."""
    known = {message.id[0] if isinstance(message.id, (list, tuple)) else message.id for message in merged(language) if message.id}
    return [each for each in messages() if (each[0] if isinstance(each, tuple) else each) not in known]


def conflicts() -> list[str]:
    """Messages that two areas translate differently."""
    first: dict[tuple[str, Id], object] = {}
    found = []
    for path, language, catalogue in kept():
        for message in catalogue:
            key = (language, tuple(message.id) if isinstance(message.id, (list, tuple)) else message.id)
            if message.id and first.setdefault(key, message.string) != message.string:
                found.append(f"{path.relative_to(LOCALE)}: {message.id!r}")
    return found


def main(area: str) -> None:
    """Prints the entries that each file of the area lacks."""
    found = messages()
    for language in LANGUAGES[:-1]:
        catalogue = Catalog(locale=language, fuzzy=False)
        for each in missing(language):
            catalogue.add(each)
        out = BytesIO()
        write_po(out, catalogue, omit_header=True, no_location=True, width=0)
        print(f"# --- {area}/{language}.po, {len(found)} messages in all")
        if not (LOCALE / area / f"{language}.po").exists():
            plural = f"nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr};"
            lines = (f"Language: {language}", "Content-Type: text/plain; charset=utf-8", f"Plural-Forms: {plural}")
            print('msgid ""\nmsgstr ""\n' + "\n".join(f'"{line}\\n"' for line in lines) + "\n")
        print(out.getvalue().decode())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "core")
