"""Finds the translatable texts of Python files and Django templates, without gettext's programs."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

# name in django.utils.translation → positions of context, text, plural
_FORMS: dict[str, tuple[int | None, int, int | None]] = {}
for _suffix in ("", "_lazy"):
    _FORMS[f"gettext{_suffix}"] = (None, 0, None)
    _FORMS[f"ngettext{_suffix}"] = (None, 0, 1)
    _FORMS[f"pgettext{_suffix}"] = (0, 1, None)
    _FORMS[f"npgettext{_suffix}"] = (0, 1, 2)
_FORMS["gettext_noop"] = (None, 0, None)

_TEMPLATE_CALL = re.compile(r"(?<![\w])(gettext|ngettext|pgettext|npgettext|_)\(")
_LITERAL = re.compile(r"\s*,?\s*(u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"))", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Text:
    id: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.context, self.id


@dataclass(frozen=True, slots=True)
class Place:
    path: Path
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


Found = Iterator[tuple[Text | str, int]]  # a text, or what is wrong, with its line


def texts_of_file(path: Path) -> Found:
    source = path.read_text(encoding="utf-8")
    return python_texts(source) if path.suffix == ".py" else template_texts(source)


def python_texts(source: str) -> Found:
    tree = ast.parse(source)
    names = dict(_imported(tree))
    if not names:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (form := _FORMS.get(names.get(_called(node.func), ""))):
            yield _text_of_call(node, form), node.lineno


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """What each local name means, `_` above all; `translation.gettext` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            yield from ((alias.asname or alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "django.utils":
            for alias in node.names:
                if alias.name == "translation":
                    yield from ((f"{alias.asname or alias.name}.{name}", name) for name in _FORMS)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def _text_of_call(node: ast.Call, form: tuple[int | None, int, int | None]) -> Text | str:
    values = []
    for position in (form[1], form[2], form[0]):
        if position is None:
            values.append("")
            continue
        argument = node.args[position] if position < len(node.args) else None
        if isinstance(argument, ast.JoinedStr):
            return "f-string in a translated text: use named placeholders"
        if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
            return "a translated text must be a literal"
        values.append(argument.value)
    return Text(*values)


def template_texts(source: str) -> Found:
    shadow = templatize(source)
    for match in _TEMPLATE_CALL.finditer(shadow):
        line = shadow.count("\n", 0, match.start()) + 1
        name = match[1]
        literals = list(_literals(shadow, match.end()))
        wanted = {"ngettext": 2, "pgettext": 2, "npgettext": 3}.get(name, 1)
        if len(literals) < wanted:
            yield "a translated text must be a literal", line
            continue
        if name == "_" and "%" in literals[0]:
            yield "no placeholders in _(…) or translate: use blocktranslate", line
            continue
        context = literals.pop(0) if name in ("pgettext", "npgettext") else ""
        plural = literals[1] if name in ("ngettext", "npgettext") else ""
        yield Text(literals[0], plural, context), line


def _literals(shadow: str, position: int) -> Iterator[str]:
    while match := _LITERAL.match(shadow, position):
        yield str(ast.literal_eval(match[1]))
        position = match.end()
