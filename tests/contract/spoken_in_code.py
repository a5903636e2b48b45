"""What the code can say: a module is read without running it, and each sentence it gives to a call is spelled out.

A fact that is put in becomes the word ``fact``, a list of them ``fact, fact``. What a local name holds is followed
through its function, with every branch, so that a sentence that is built from parts is read whole.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

FACT = "fact"
_PLACE = re.compile(r"\{[^{}]*\}")
_MOST = 64  # spellings of one sentence; more are facts
_Texts = frozenset[str]
_Names = dict[str, _Texts]
_UNKNOWN: _Texts = frozenset({FACT})
_SEVERAL: _Texts = frozenset({f"{FACT}, {FACT}"})  # a pair must bear more than one, and blanks between them
_NESTED = ast.FunctionDef | ast.ClassDef
_ENDS = ast.Return | ast.Raise | ast.Continue | ast.Break


@dataclass(frozen=True)
class Sink:
    """Where a call takes what people read: which of its arguments, by place and by name."""

    places: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


@dataclass
class Module:
    """One module, and what its sinks are given."""

    path: Path
    sinks: Mapping[str, Sink]
    given: list[str] = field(default_factory=list)
    _functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    _globals: _Names = field(default_factory=dict)
    _tables: dict[str, _Texts] = field(default_factory=dict)
    _open: set[str] = field(default_factory=set)
    _returned: dict[str, _Texts] = field(default_factory=dict)

    def read(self) -> list[str]:
        """Spell out everything its sinks are given."""
        tree = ast.parse(self.path.read_text(encoding="utf-8"))
        self._functions = {one.name: one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
        self._run(tree.body, self._globals)
        for one in self._functions.values():
            self._within(one)
        return [text for text in dict.fromkeys(self.given) if said(text)]

    def returned(self, name: str) -> list[str]:
        """Spell out what a function of it returns or yields, once it was read."""
        return sorted(filter(said, self._within(self._functions[name])))

    def _within(self, function: ast.FunctionDef) -> _Texts:
        if function.name in self._returned:
            return self._returned[function.name]
        if function.name in self._open:
            return _UNKNOWN
        self._open.add(function.name)
        names: _Names = dict(self._globals)
        every = [*function.args.args, *function.args.kwonlyargs, *function.args.posonlyargs]
        names |= {one.arg: _UNKNOWN for one in every}
        found: set[str] = set()
        self._run(function.body, names, found)
        self._open.discard(function.name)
        self._returned[function.name] = frozenset(found) or _UNKNOWN
        return self._returned[function.name]

    def _run(self, body: Iterable[ast.stmt], names: _Names, out: set[str] | None = None) -> bool:
        """Follow the statements; False where they do not go on to what comes after them."""
        for one in body:
            if isinstance(one, _NESTED):
                continue
            if isinstance(one, ast.If | ast.For | ast.While | ast.With | ast.Try | ast.Match):
                self._branches(one, names, out)
                continue
            self._calls(one, names)
            if isinstance(one, ast.Assign):
                for target in one.targets:
                    self._assign(target, one.value, names)
            elif isinstance(one, ast.AnnAssign) and one.value is not None:
                self._assign(one.target, one.value, names)
            elif isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name):
                before = names.get(one.target.id, _UNKNOWN)
                names[one.target.id] = _joined([before, self.texts(one.value, names)])
            self._out(one, names, out)
            if isinstance(one, _ENDS):
                return False
        return True

    def _out(self, one: ast.stmt, names: _Names, out: set[str] | None) -> None:
        if out is None:
            return
        values = [one.value] if isinstance(one, ast.Return) and one.value is not None else []
        values += [part.value for part in ast.walk(one) if isinstance(part, ast.Yield) and part.value is not None]
        for value in values:
            parts = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            out |= {text for part in parts for text in self.texts(part, names)}

    def _branches(self, one: ast.stmt, names: _Names, out: set[str] | None) -> None:
        for part in ast.iter_child_nodes(one):
            if isinstance(part, ast.expr | ast.withitem):
                self._calls(part, names)
        bodies = [getattr(one, name, []) for name in ("body", "orelse", "finalbody")]
        bodies += [other.body for other in [*getattr(one, "handlers", []), *getattr(one, "cases", [])]]
        always = isinstance(one, ast.With) or (isinstance(one, ast.If) and bool(one.orelse))
        ends = [] if always else [dict(names)]
        for body in filter(None, bodies):
            own = dict(names)
            if self._run(body, own, out):
                ends.append(own)
        for name in {name for end in ends for name in end}:
            names[name] = frozenset().union(*(end[name] for end in ends if name in end))

    def _assign(self, target: ast.expr, value: ast.expr, names: _Names) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = self.texts(value, names)
            if isinstance(value, ast.Dict):
                every = [self.texts(one, names) for one in value.values]
                self._tables[target.id] = frozenset().union(*every) if every else _UNKNOWN
        elif isinstance(target, ast.Tuple):
            rows = [row for row in _picked(value) if isinstance(row, ast.Tuple)]
            for number, one in enumerate(target.elts):
                every = [self.texts(row.elts[number], names) for row in rows if number < len(row.elts)]
                if isinstance(one, ast.Name):
                    names[one.id] = frozenset().union(*every) if every else _UNKNOWN

    def _calls(self, node: ast.AST, names: _Names) -> None:
        for call in ast.walk(node):
            if not isinstance(call, ast.Call):
                continue
            sink = self.sinks.get(_name(call.func))
            if sink is None:
                continue
            every = [call.args[place] for place in sink.places if place < len(call.args)]
            every += [one.value for one in call.keywords if one.arg in sink.names]
            for one in every:
                self.given += sorted(self.texts(one, names))

    def texts(self, node: ast.expr, names: _Names) -> _Texts:
        """Give every spelling of an expression."""
        found = _UNKNOWN
        match node:
            case ast.Constant(value=str() as text):
                found = frozenset({text})
            case ast.JoinedStr():
                found = _joined([self.texts(part, names) for part in node.values])
            case ast.FormattedValue(format_spec=None, conversion=-1):
                found = self.texts(node.value, names)
            case ast.BinOp(op=ast.Add()):
                sides = [self.texts(node.left, names), self.texts(node.right, names)]
                found = _UNKNOWN if sides == [_UNKNOWN, _UNKNOWN] else _joined(sides)
            case ast.IfExp() | ast.BoolOp():
                either = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
                found = frozenset().union(*(self.texts(one, names) for one in either))
            case ast.Name():
                found = names.get(node.id, _UNKNOWN)
            case ast.Subscript() | ast.Call():
                found = self._looked_up(node, names)
        return found

    def _looked_up(self, node: ast.Subscript | ast.Call, names: _Names) -> _Texts:
        """Give what a table of this module holds, or what a function of it returns."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Constant(value=", "), attr="join")):
                return _SEVERAL
            case ast.Call(func=ast.Attribute(value=text, attr="format")):
                return frozenset(_PLACE.sub(FACT, one) for one in self.texts(text, names))
            case ast.Subscript(value=ast.Name(id=table)) if table in self._tables:
                return self._tables[table]
            case ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="get")) if table in self._tables:
                return self._tables[table]
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(value=ast.Name(id="self"), attr=name)):
                return self._within(self._functions[name]) if name in self._functions else _UNKNOWN
        return _UNKNOWN


def said(text: str) -> bool:
    """Tell whether words of its own are in it: what is nothing but facts, somebody else made."""
    return bool(re.search(r"[A-Za-z]{2}", text.replace(FACT, "")))


def given(path: Path, sinks: Mapping[str, Sink]) -> Iterator[str]:
    """Spell out what the sinks of a module are given."""
    yield from Module(path, sinks).read()


def _picked(value: ast.expr) -> list[ast.expr]:
    """Give what a value may be: itself, or any of a table that is written where it is looked up in."""
    match value:
        case ast.Subscript(value=ast.Dict(values=rows)):
            return rows
        case ast.Call(func=ast.Attribute(value=ast.Dict(values=rows), attr="get"), args=args):
            return [*rows, *args[1:]]
        case ast.IfExp(body=one, orelse=other):
            return [one, other]
    return [value]


def _name(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def _joined(parts: Iterable[_Texts]) -> _Texts:
    every = list(parts)
    size = 1
    for one in every:
        size *= len(one)
    if size > _MOST:
        every = [one if len(one) == 1 else _UNKNOWN for one in every]
    return frozenset("".join(pick) for pick in product(*every))
