"""Where each clause of a rulebook is held, enforced and tested: read from its values and from marks in the source.

Code carries `@enforces(rulebook, clause, …)`, tests `@pytest.mark.clause(rulebook, clause, …)`; nothing is kept by hand, nothing imported.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from regulations.rulebook import Rulebook
from regulations.values import Clause

Cover = Literal["held", "enforced", "tested"]
COVERS: tuple[Cover, ...] = ("held", "enforced", "tested")
CODE = ("chassis", "regulations", "services", "workflows", "cli")
TESTS = "tests"

_PARTS = 2


@dataclass(frozen=True)
class Mark:
    """One mark in the source: which clauses of which rulebook, and the function, class or test that bears it.

    `rulebook` is None, and `clauses` empty, where they cannot be read without running the code.
    """

    file: str
    line: int
    name: str
    rulebook: str | None
    clauses: tuple[str, ...]

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"

    @property
    def test(self) -> str:
        """As pytest names it: `file::Class::function`, or the file for a mark on all of it."""
        return "::".join([self.file, *self.name.split(".")]) if self.name else self.file

    @property
    def runs(self) -> bool:
        """Whether pytest would collect what a mark in a test stands on; a helper shows nothing."""
        return self.name.rpartition(".")[2].lower().startswith("test") or not self.name


@dataclass(frozen=True)
class Trace:
    """One clause and what keeps it."""

    clause: Clause
    held: tuple[str, ...]
    enforced: tuple[Mark, ...]
    tested: tuple[str, ...]

    @property
    def covers(self) -> tuple[Cover, ...]:
        """How it is kept."""
        return tuple(cover for cover in COVERS if getattr(self, cover))

    @property
    def gaps(self) -> tuple[Cover, ...]:
        """What is missing: code that enforces it, a test that shows it. That no value rests on a clause is no gap."""
        return tuple(cover for cover in ("enforced", "tested") if not getattr(self, cover))


@dataclass(frozen=True)
class Marks:
    """All marks of a checkout."""

    code: tuple[Mark, ...]
    tests: tuple[Mark, ...]

    def unreadable(self) -> list[Mark]:
        """Marks that name their rulebook or clauses by something that only runs."""
        return [mark for mark in (*self.code, *self.tests) if mark.rulebook is None or not mark.clauses]

    def stray(self, known: Mapping[str, Iterable[str]]) -> list[tuple[Mark, str]]:
        """Marks of rulebooks, or clauses, that there are not, each with what is wrong; `known` maps rulebooks to their clauses."""
        found = []
        for mark in (*self.code, *self.tests):
            if mark.rulebook is not None and mark.rulebook not in known:
                found.append((mark, f"there is no rulebook {mark.rulebook!r}"))
            elif mark.rulebook is not None:
                wrong = [clause for clause in mark.clauses if clause not in known[mark.rulebook]]
                found += [(mark, f"{mark.rulebook} has no clause {clause!r}") for clause in wrong]
        return found


def traces(rulebook: Rulebook, marks: Marks) -> tuple[Trace, ...]:
    """Every clause of the rulebook, in its order, with what keeps it."""
    held: dict[str, list[str]] = {}
    for path, cited in rulebook.citations().items():
        for clause in dict.fromkeys(filter(None, (cited.clause, *cited.see_also))):
            held.setdefault(clause, []).append(path)
    code, tests = _by_clause(marks.code, rulebook.id), _by_clause((mark for mark in marks.tests if mark.runs), rulebook.id)
    return tuple(
        Trace(
            clause=clause,
            held=tuple(held.get(clause.id, ())),
            enforced=tuple(code.get(clause.id, ())),
            tested=tuple(dict.fromkeys(mark.test for mark in tests.get(clause.id, ()))),
        )
        for clause in rulebook.clauses.values()
    )


def covers(found: Iterable[Trace]) -> dict[str, list[Cover]]:
    """By clause, how it is kept; clauses that nothing keeps are left out. This is what `coverage.json` records."""
    return {trace.clause.id: list(trace.covers) for trace in found if trace.covers}


def lost(recorded: Mapping[str, Iterable[str]], now: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """What was recorded and is no more, by clause."""
    missing = {clause: [cover for cover in before if cover not in now.get(clause, ())] for clause, before in recorded.items()}
    return {clause: gone for clause, gone in missing.items() if gone}


def _by_clause(marks: Iterable[Mark], rulebook_id: str) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        for clause in dict.fromkeys(mark.clauses) if mark.rulebook == rulebook_id else ():
            found.setdefault(clause, []).append(mark)
    return found


def marks_in(root: Path) -> Marks:
    """The marks of a checkout, by file and line."""
    sources = _Sources(root)
    code = [mark for folder in CODE for mark in sources.marks(folder, "enforces")]
    return Marks(tuple(code), tuple(sources.marks(TESTS, "clause")))


@dataclass
class _Sources:
    root: Path
    trees: dict[Path, ast.Module] = field(default_factory=dict)

    def marks(self, folder: str, called: str) -> Iterator[Mark]:
        for file in sorted((self.root / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if called in text:
                self.trees.setdefault(file, ast.parse(text))
                yield from self._of_file(file, called)

    def _of_file(self, file: Path, called: str) -> Iterator[Mark]:
        for name, call in _calls(self.trees[file], called):
            texts = [text for argument in call.args for text in self._texts(file, argument)]
            whole = None not in texts and len(texts) >= _PARTS
            known = [text for text in texts if text is not None]
            yield Mark(
                file=file.relative_to(self.root).as_posix(),
                line=call.lineno,
                name=name,
                rulebook=known[0] if whole else None,
                clauses=tuple(known[1:]) if whole else (),
            )

    def _texts(self, file: Path, node: ast.expr) -> list[str | None]:
        """The strings that an argument stands for: a literal, a constant of this module or of one it imports, a tuple of them."""
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Starred(value=inner):
                return self._texts(file, inner)
            case ast.Tuple(elts=members) | ast.List(elts=members):
                return [text for member in members for text in self._texts(file, member)]
            case ast.Name(id=name):
                return self._constant(file, name)
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                source = self._imported(file, module, whole=True)
                return self._constant(source, name) if source else [None]
        return [None]

    def _constant(self, file: Path, name: str) -> list[str | None]:
        for node in self._tree(file).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=known)], value=value) if known == name:
                    return self._texts(file, value)
                case ast.AnnAssign(target=ast.Name(id=known), value=ast.expr() as value) if known == name:
                    return self._texts(file, value)
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if name in _named(targets):
                    return self._texts(file, values[_named(targets).index(name)])
                case ast.ImportFrom(names=names) if original := _original(names, name):
                    source = self._imported(file, name)
                    return self._constant(source, original) if source else [None]
        return [None]

    def _imported(self, file: Path, name: str, whole: bool = False) -> Path | None:
        """The file that `name` is imported from, or is itself when a `whole` module is meant."""
        for node in ast.walk(self._tree(file)):
            if isinstance(node, ast.ImportFrom) and (original := _original(node.names, name)):
                base = file.parents[node.level - 1] if node.level else self.root
                return _module(base, [*(node.module or "").split("."), *([original] if whole else [])])
            if whole and isinstance(node, ast.Import) and (original := _original(node.names, name)):
                return _module(self.root, original.split("."))
        return None

    def _tree(self, file: Path) -> ast.Module:
        if file not in self.trees:
            self.trees[file] = ast.parse(file.read_text(encoding="utf-8"))
        return self.trees[file]


def _named(targets: Iterable[ast.expr]) -> list[str]:
    return [target.id if isinstance(target, ast.Name) else "" for target in targets]


def _original(names: Iterable[ast.alias], name: str) -> str | None:
    return next((alias.name for alias in names if (alias.asname or alias.name) == name), None)


def _module(base: Path, parts: Iterable[str]) -> Path | None:
    place = base.joinpath(*filter(None, parts))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in candidates if file.is_file()), None)


def _calls(tree: ast.Module, called: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call of `enforces(…)` or `….mark.clause(…)`, with the dotted name of what it marks."""

    def within(node: ast.AST, owner: str) -> Iterator[tuple[str, ast.Call]]:
        if isinstance(node, ast.Call) and _is_mark(node.func, called):
            yield owner, node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            owner = f"{owner}.{node.name}" if owner else node.name
        for child in ast.iter_child_nodes(node):
            yield from within(child, owner)

    return within(tree, "")


def _is_mark(function: ast.expr, called: str) -> bool:
    match function:
        case ast.Name(id=name):
            return called == "enforces" and name == called
        case ast.Attribute(value=ast.Attribute(attr="mark"), attr=name):
            return called == "clause" and name == called
        case ast.Attribute(attr=name):
            return called == "enforces" and name == called
    return False
