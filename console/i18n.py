"""The console's four languages: gettext catalogues of several areas, merged when the process starts; dates and their words.

The source text is English. A new area is a folder `locale/<area>` with ky.po, kk.po and ru.po; there is no compile step.
"""

import gettext
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup

LANGUAGES = ("ky", "kk", "ru", "en")
#: Each language by its own name.
NAMES = {"ky": "Кыргызча", "kk": "Қазақша", "ru": "Русский", "en": "English"}
LOCALE = Path(__file__).parent / "locale"

_LOCALES = {"ky": "ky", "kk": "kk", "ru": "ru", "en": "en_GB"}
_DAYS = {"ky": "d-MMMM y-'ж'.", "kk": "y 'ж'. d MMMM", "ru": "d MMMM y 'г'.", "en": "d MMMM y"}


def N_(message: str) -> str:
    """Marks a message for translation where it is declared; whoever shows it translates it."""
    return message


def areas() -> list[Path]:
    """The folders of catalogues."""
    return sorted(path for path in LOCALE.iterdir() if path.is_dir())


def read_catalogue(path: Path, language: str) -> Catalog:
    """One catalogue file."""
    with path.open("rb") as content:
        return read_po(content, locale=language)


def merged(language: str) -> Catalog:
    """The catalogues of all areas as one; what two areas translate is the first one's (`console.extraction.conflicts` finds it)."""
    whole = Catalog(locale=language)
    for area in areas():
        path = area / f"{language}.po"
        if not path.exists():
            continue
        for message in read_catalogue(path, language):
            if message.id and message.string and message.id not in whole:
                whole[message.id] = message
    return whole


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The words of a language; English is the source itself."""
    if language == "en":
        return gettext.NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, merged(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def preferred(accepted: str | None) -> str:
    """The language of an Accept-Language header that the console speaks; Kyrgyz where it names none."""
    wanted: list[tuple[float, str]] = []
    for part in (accepted or "").split(","):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        language = name.partition("-")[0].lower()
        if language in LANGUAGES and weight > 0:
            wanted.append((weight, language))
    return max(wanted, key=lambda each: each[0])[1] if wanted else LANGUAGES[0]


@lru_cache(maxsize=4_096)
def day_text(day: date, language: str) -> str:
    """A day as the language writes it, the year with four digits."""
    return format_date(day, _DAYS[language], locale=_LOCALES[language])


def month_text(day: date, language: str) -> str:
    """A month and its year, as a heading."""
    return format_date(day, "LLLL y", locale=_LOCALES[language])


def as_date(value: date | str) -> date:
    """A day of an answer of a service."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def as_instant(value: datetime | str) -> datetime:
    """An instant of an answer of a service."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def day_tag(value: date | str | None, language: str) -> Markup:
    """A day as `<time>`; a dash for none."""
    if value is None:
        return Markup("–")
    day = as_date(value)
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), day_text(day, language))


def instant_tag(value: datetime | str | None, language: str, zone: str) -> Markup:
    """An instant as `<time>`, in local time; a dash for none."""
    if value is None:
        return Markup("–")
    instant = as_instant(value)
    local = instant.astimezone(ZoneInfo(zone))
    text = f"{day_text(local.date(), language)}, {local:%H:%M}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(instant.isoformat(), zone, text)


def named(names: Mapping[str, str] | None, language: str, fallback: str = "") -> Markup:
    """A name that a service gives in several languages: in this one, or in another with its `lang`."""
    for each in (language, "ru", "en", *LANGUAGES):
        text = (names or {}).get(each)
        if text:
            return Markup("{}").format(text) if each == language else Markup('<span lang="{}">{}</span>').format(each, text)
    return Markup("{}").format(fallback)
