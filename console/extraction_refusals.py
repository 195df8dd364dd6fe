"""What services say when they refuse, found in their source so that the console can say it in other languages.

A text reaches a problem (`chassis.problems`) as it stands, or by way of parameters, names and functions: it is followed back to the words
that are written there. What is filled in becomes a placeholder in braces; words that fill one in are a message of their own.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parent.parent
_SOURCES = ("chassis", "regulations", "services")
#: What begins with a text: problems, and why a webhook did not arrive.
_KINDS = ("Problem", "NotSent")
#: Where a ValueError says what is wrong with a request.
_SHAPES = re.compile(r"/(schemas\w*|text)\.py$")
#: The parameters that they have for texts.
_TEXTS = ("detail", "reason", "accepts")
#: The fields of others that are texts: what an expert is bound by, what is wrong with a line of a table or with a file.
_FIELDS = {"ConflictFound": ("detail",), "Fault": ("problem", "accepts"), "Row": ("fault",), "Unfit": ("why",)}
_DEEPEST = 8
#: Names of fields, paths and the like are nobody's words.
_CODE = re.compile(r"\W*(\w*_\w*|[\w-]+-\d+|kk|ky|ru|[\w-]*[./#][\w./#:+-]+)\W*")

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class _Module:
    """A module's tree, with what is defined in it by name."""

    path: str
    service: str
    tree: ast.Module
    functions: dict[str, _Function] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    around: dict[ast.AST, _Function] = field(default_factory=dict)
    classes: dict[str, list[str]] = field(default_factory=dict)
    #: What the fields of the module's own classes are given in it.
    built: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))


class _Source:
    """The services' source, and which parameters of which functions end in a problem."""

    def __init__(self) -> None:
        self.modules = [_read(path) for part in _SOURCES for path in sorted((PROJECT / part).rglob("*.py"))]
        self.named: dict[str, list[tuple[_Module, _Function]]] = defaultdict(list)
        self.properties: dict[tuple[str, str], list[tuple[_Module, _Function]]] = defaultdict(list)
        #: Texts that the modules of a service mean by a constant's name.
        self.constants: dict[tuple[str, str], list[ast.expr]] = defaultdict(list)
        for module in self.modules:
            for name, function in module.functions.items():
                self.named[name].append((module, function))
                if any(_name(each).endswith("property") for each in function.decorator_list):
                    self.properties[module.service, name].append((module, function))
            for name, value in module.constants.items():
                if isinstance(value, ast.Constant) and " " in str(value.value):
                    self.constants[module.service, name].append(value)
        self.problems = self._kinds()
        self.fields = {name: fields for module in self.modules for name, fields in module.classes.items() if name in _FIELDS}
        self.takes: dict[_Function, set[str]] = defaultdict(set)
        self.found: dict[str, list[str]] = {}

    def messages(self) -> Mapping[str, list[str]]:
        """Every message with the files that have it."""
        calls = [(module, node) for module in self.modules for node in ast.walk(module.tree) if isinstance(node, (ast.Call, ast.Dict))]
        before = -1
        while before != sum(map(len, self.takes.values())):  # a parameter is found to end in a problem by what is done with it
            before = sum(map(len, self.takes.values()))
            self.found = {}
            for module, node in calls:
                for text in self._texts(module, node):
                    self._follow(module, text, 0)
        return self.found

    def _kinds(self) -> set[str]:
        kinds = {*_KINDS}
        classes = [node for module in self.modules for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
        for _ in range(3):
            kinds |= {each.name for each in classes if any(_name(base) in kinds for base in each.bases)}
        return kinds

    def _texts(self, module: _Module, node: ast.Call | ast.Dict) -> Iterator[ast.expr]:
        if isinstance(node, ast.Dict):
            told = {key.value: value for key, value in zip(node.keys, node.values, strict=True) if isinstance(key, ast.Constant)}
            yield from (told["detail"] for _ in range("pointer" in told and "detail" in told))
            return
        named = {each.arg: each.value for each in node.keywords if each.arg}
        name = _name(node.func)
        if name in self.problems or (name == "ValueError" and _SHAPES.search(module.path)):
            yield from node.args[:1]
            yield from (named[each] for each in _TEXTS if each in named)
            return
        if name in _FIELDS:
            given = dict(zip(self.fields.get(name, ()), node.args, strict=False)) | named
            yield from (given[each] for each in _FIELDS[name] if each in given)
        for _, function in self._meant(module, node):
            given = dict(zip(_parameters(function), node.args, strict=False)) | named
            yield from (given[each] for each in self.takes.get(function, ()) if each in given)

    def _meant(self, module: _Module, call: ast.Call) -> list[tuple[_Module, _Function]]:
        name = _name(call.func)
        if name in module.functions:
            return [(module, module.functions[name])]
        return self.named.get(name, [])

    def _follow(self, module: _Module, text: ast.expr | None, depth: int, at: int | None = None) -> None:
        """Keeps the messages that an expression may be; `at` is the place in a tuple, where it is one."""
        if depth > _DEEPEST:
            return
        match text:
            case ast.Constant(value=str(words)) if at is None:
                self._keep(module, _escaped(words))
            case ast.JoinedStr() | ast.BinOp(op=ast.Add()) if at is None:
                self._keep(module, self._template(module, text, depth))
            case ast.Tuple(elts=[ast.Tuple(), *_] as several) if at is not None:  # gone through, one after the other
                for each in several:
                    self._follow(module, each, depth, at)
            case ast.Tuple(elts=elements) if at is not None:
                self._follow(module, elements[at] if at < len(elements) else None, depth)
            case ast.List(elts=several) | ast.Tuple(elts=several) | ast.BoolOp(values=several):
                for each in several:
                    self._follow(module, each, depth, at)
            case ast.IfExp(body=one, orelse=other):
                self._follow(module, one, depth, at)
                self._follow(module, other, depth, at)
            case (
                ast.GeneratorExp(elt=part) | ast.ListComp(elt=part) | ast.Starred(value=part) | ast.Subscript(value=part, slice=ast.Slice())
            ):
                self._follow(module, part, depth + 1, at)
            case ast.Call(func=ast.Attribute(attr="join") | ast.Name(id="sorted" | "tuple" | "list" | "str"), args=[part, *_]):
                self._follow(module, part, depth + 1, at)
            case ast.Call(func=ast.Name(id="filter"), args=[_, part]):
                self._follow(module, part, depth + 1, at)
            case ast.Call(func=ast.Attribute(value=whole, attr="get" | "items" | "values" as way), args=otherwise):
                for part in (whole, *otherwise[1:]):
                    self._follow(module, part, depth + 1, at if way == "items" and at == 0 else None)
            case ast.Dict(keys=keys, values=values):
                for entry in values if at is None else keys:
                    self._follow(module, entry, depth + 1)
            case ast.DictComp(key=key, value=part):
                self._follow(module, part if at is None else key, depth + 1)
            case ast.Call(func=ast.Attribute(attr="replace" | "strip" | "lower" | "format" | "isoformat")):
                return
            case ast.Call():
                self._follow_returns(self._meant(module, text), depth, at)
            case ast.Name():
                for value, place in self._bound(module, text):
                    self._follow(module, value, depth + 1, at if place is None else place)
            case ast.Attribute(attr=name):
                for value in (*module.built.get(name, ()), *self.constants.get((module.service, name), ())):
                    self._follow(module, value, depth + 1)
                self._follow_returns(self.properties.get((module.service, name), []), depth, at)
            case ast.Subscript(value=ast.Name(id=name) as table, slice=place):
                if isinstance(place, ast.Constant) or isinstance(module.constants.get(name), ast.Dict):
                    self._follow(module, table, depth + 1, at)

    def _follow_returns(self, functions: list[tuple[_Module, _Function]], depth: int, at: int | None) -> None:
        for module, function in functions:
            for value in _answers(function):
                self._follow(module, value, depth + 1, at)

    def _bound(self, module: _Module, text: ast.Name) -> Iterator[tuple[ast.expr, int | None]]:
        """What a name stands for, with its place in a tuple that is taken apart. A parameter's texts are its callers'."""
        name, function = text.id, module.around.get(text)
        if function is None:
            return
        if name in _parameters(function):
            self.takes[function].add(name)
        yield from _bindings(function).get(name, ())
        own = module.constants.get(name)
        for value in self.constants.get((module.service, name), ()) if own is None else (own,):
            yield value, None

    def _template(self, module: _Module, text: ast.expr, depth: int) -> str:
        """The words of a text, with a placeholder for each value; the words that may fill one in are kept too."""
        names: dict[str, str] = {}
        parts = []
        for part in _parts(text):
            if isinstance(part, ast.Constant):
                parts.append(_escaped(str(part.value)))
            else:
                self._follow(module, part, depth + 1)
                parts.append("{" + _placeholder(part, names) + "}")
        return "".join(parts)

    def _keep(self, module: _Module, message: str) -> None:
        if re.search(r"[a-z]{2}", words := re.sub(r"\{\w+\}", "", message)) and not _CODE.fullmatch(words):
            files = self.found.setdefault(message, [])
            if module.path not in files:
                files.append(module.path)


@cache
def _answers(function: _Function) -> list[ast.expr | None]:
    return [node.value for node in ast.walk(function) if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom))]


@cache
def _bindings(function: _Function) -> Mapping[str, list[tuple[ast.expr, int | None]]]:
    """What each name of a function is given, with the place in a tuple that is taken apart."""
    found: dict[str, list[tuple[ast.expr, int | None]]] = defaultdict(list)
    for node in ast.walk(function):
        match node:
            case (
                ast.Assign(targets=[target], value=value)
                | ast.AugAssign(target=target, value=value)
                | ast.NamedExpr(target=target, value=value)
                | ast.For(target=target, iter=value)
                | ast.comprehension(target=target, iter=value)
            ):
                for name, place in _names(target):
                    found[name].append((value, place))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append"), args=[value]):
                found[name].append((value, None))
    return dict(found)


def _read(path: Path) -> _Module:
    file = path.relative_to(PROJECT)
    module = _Module(file.as_posix(), "/".join(file.parts[:2]), ast.parse(path.read_text(encoding="utf-8")))
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                module.constants[name] = value
    for node in ast.walk(module.tree):
        if isinstance(node, _Function):
            module.functions[node.name] = node
            module.around |= dict.fromkeys(ast.walk(node), node)  # the innermost function is the last
    module.classes = {node.name: _fields(node) for node in module.tree.body if isinstance(node, ast.ClassDef)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and _name(node.func) in module.classes:
            given = (*zip(module.classes[_name(node.func)], node.args, strict=False), *((each.arg, each.value) for each in node.keywords))
            for attribute, value in given:
                module.built[attribute or ""].append(value)
    return module


def _fields(of: ast.ClassDef) -> list[str]:
    makes = next((each for each in of.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
    if makes is not None:
        return _parameters(makes)[1:]
    return [each.target.id for each in of.body if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)]


def _names(target: ast.expr) -> list[tuple[str, int | None]]:
    if isinstance(target, ast.Tuple):
        return [(each.id, place) for place, each in enumerate(target.elts) if isinstance(each, ast.Name)]
    return [(target.id, None)] if isinstance(target, ast.Name) else []


def _parts(text: ast.expr) -> Iterator[ast.expr]:
    """What a text is put together of, in its order."""
    match text:
        case ast.JoinedStr(values=values):
            for each in values:
                yield each.value if isinstance(each, ast.FormattedValue) else each
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from _parts(left)
            yield from _parts(right)
        case _:
            yield text


def _parameters(function: _Function) -> list[str]:
    return [each.arg for each in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""


def _placeholder(value: ast.expr, names: dict[str, str]) -> str:
    """A name for what is filled in: the last one of its expression, with a number where it is another's already."""
    written = ast.unparse(value)
    if written in names:
        return names[written]
    called = {id(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)}
    words = [_name(node) for node in ast.walk(value) if isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in called]
    known = [each.strip("_").lower() for each in words]
    first = known[0] if known else "it"
    name, number = first, 2
    while name in names.values():
        name, number = f"{first}_{number}", number + 1
    names[written] = name
    return name


def _escaped(words: str) -> str:
    return words.replace("{", "{{").replace("}", "}}")


@cache
def messages() -> Mapping[str, list[str]]:
    """Every message of the services' problems, with the files that have it."""
    return _Source().messages()
