"""What holds for all of the law: every public function names its article; no float stands near money."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "include" / "receivables"
LAW = sorted(path for path in (PACKAGE / "law").glob("*.py") if path.stem != "__init__")
ARTICLE = re.compile(r"第\d+条")
MONEY = [
    *LAW,
    *(file for room in ("rulebook", "assess", "ledger") for file in sorted((PACKAGE / room).glob("*.py"))),
    *sorted((PACKAGE / "cli").glob("law*.py")),
    *(PACKAGE / f"{name}.py" for name in ("yen", "calendar", "claims", "explain", "control_totals")),
]


@pytest.mark.parametrize("path", LAW, ids=lambda path: path.stem)
def test_every_public_function_of_the_law_names_its_article(path: Path) -> None:
    module = importlib.import_module(f"receivables.law.{path.stem}")
    silent = [
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and function.__module__ == module.__name__
        and not ARTICLE.search(function.__doc__ or "")
    ]
    assert not silent


def floats(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Float literals, calls of float or round, and divisions that are not a path joined to a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"literal {node.value}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"float", "round"}:
            yield node.lineno, f"call of {node.func.id}"
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            right = node.right if isinstance(node, ast.BinOp) else node.value
            left = node.left if isinstance(node, ast.BinOp) else node.target
            is_path = isinstance(right, ast.JoinedStr) or any(_names_a_place(side) for side in (left, right))
            if not is_path:
                yield node.lineno, "true division"


def _names_a_place(node: ast.AST) -> bool:
    """A text, or the path of one: `SEEDS / "law"`, and then `/ file`."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _names_a_place(node.left) or _names_a_place(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("path", MONEY, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_no_float_stands_near_money(path: Path) -> None:
    assert not list(floats(ast.parse(path.read_text(encoding="utf-8"))))


@pytest.mark.parametrize("code", ["x = 0.5", "x = float(y)", "x = y / 365", "x /= 2", "x = round(y, 0)"])
def test_a_float_would_be_seen(code: str) -> None:
    assert list(floats(ast.parse(code)))


def test_a_path_is_no_division() -> None:
    assert not list(floats(ast.parse("x = folder / 'rates.csv'; y = a // b")))


def test_the_scan_reaches_every_room_of_money() -> None:
    assert len(LAW) >= 18
    assert len(MONEY) >= 30
