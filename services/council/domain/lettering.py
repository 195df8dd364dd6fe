"""How names are compared in the public register: whatever their case, their alphabet's variants and their punctuation.

Every letter of the Kyrgyz, Kazakh and Russian alphabets becomes one Latin letter or digit, so that «Қазақ» is found by «казак» and
«Манас» by «Manas», and so that the database needs no locale to find them. The same is said in SQL for what is stored.
"""

import re

_SIMPLE = "абвгдеёжзийклмнопрстуфхцчшщыэюяәғқңөұүһіў"
_LATIN = "abvgdeejziiklmnoprstufhc4wwyeu9agknouuhiu"
_DROPPED = "ъь'’`ʼ"
_ACCENTED, _PLAIN = "áàâäãçéèêëíìîïıñóòôöõúùûüýşğāēīōūčšž", "aaaaaceeeeiiiiinooooouuuuysgaeioucsz"

_FROM = _SIMPLE + _SIMPLE.upper() + _ACCENTED + _ACCENTED.replace("ı", "").upper() + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + _DROPPED
_TO = _LATIN * 2 + _PLAIN + _PLAIN[: _ACCENTED.index("ı")] + _PLAIN[_ACCENTED.index("ı") + 1 :] + "abcdefghijklmnopqrstuvwxyz"

_TABLE = {ord(char): _TO[place] if place < len(_TO) else None for place, char in enumerate(_FROM)}
_BETWEEN = re.compile(r"[^a-z0-9]+")

MOST_WORDS = 8


def lettered(text: str) -> str:
    """A text as it is compared: words of a to z and digits, with a space before each."""
    return " " + _BETWEEN.sub(" ", text.translate(_TABLE)).strip()


def parts(text: str) -> list[str]:
    """The words of a search as patterns: one of three letters or more may stand anywhere, a shorter one begins a word."""
    words = lettered(text).split()[:MOST_WORDS]
    return [f"%{word}%" if len(word) > 2 else f"% {word}%" for word in dict.fromkeys(words)]


def lettered_sql(expression: str) -> str:
    """`lettered` of an expression, in SQL."""
    quoted = _FROM.replace("'", "''")
    return f"' ' || trim(regexp_replace(translate({expression}, '{quoted}', '{_TO}'), '[^a-z0-9]+', ' ', 'g'))"
