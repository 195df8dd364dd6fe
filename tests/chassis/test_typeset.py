"""Documents from templates, whatever the names in them are written with."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.typeset import CannotTypeset, typeset

AT = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "name.typ"
    path.write_text('#set text(font: "Libertinus Serif")\n#json(bytes(sys.inputs.content)).name')
    return path


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ала-Тоо Қазақ Ө", "Ала-Тоо Қазақ Ө"),
        ("Ала \U0005c2ef 漢", "Ала □ □"),
        ('"Ош" \\ \U0001f600', '"Ош" \\ □'),
        ("матем\u0affатика", "матем□атика"),
        ("\U0001f468\u200d\U0001f469", "□□□"),
    ],
)
def test_a_character_that_the_face_does_not_have_is_an_empty_square(template: Path, name: str, shown: str) -> None:
    made = typeset(template, {"name": name}, at=AT)

    assert made.startswith(b"%PDF")
    assert made == typeset(template, {"name": shown}, at=AT)


def test_a_template_that_does_not_compile_says_where(template: Path) -> None:
    template.write_text("#json(bytes(sys.inputs.content)).nothing")

    with pytest.raises(CannotTypeset, match="nothing"):
        typeset(template, {"name": "Osh"}, at=AT)
