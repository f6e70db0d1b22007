"""What people read is in app.text, in the app's own words."""

import ast
import re
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "app"
DRAWING = sorted([*(APP / "views").rglob("*.py"), *(APP / "widgets").rglob("*.py")])
TEXT = sorted((APP / "text").glob("*.py"))
# Names, and nouns that are counted.
NOUNS = {"slide rail", "normal recording", "older job", "false alarms"}
# Words that others stand for now.
OLD_WORDS = re.compile(
    r"\b(unlike|odd|heard|listener|held-out|labell?ed|clips?|loudness exponent|lasting view)\b",
    re.I,
)


def literals(path: Path) -> list[tuple[int, str]]:
    """The strings of a module that are no docstrings, without what is put into them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


@pytest.mark.parametrize("path", DRAWING, ids=lambda path: str(path.relative_to(APP)))
def test_views_and_widgets_hold_no_prose(path: Path) -> None:
    prose = re.compile(r"[a-z]{2,} [a-z]{2,}")
    found = [
        (line, said)
        for line, said in literals(path)
        if prose.search(said) and not re.search(r'<|class=|"', said)
    ]
    assert not [(line, said) for line, said in found if said not in NOUNS]


@pytest.mark.parametrize("path", TEXT, ids=lambda path: path.stem)
def test_an_idea_has_one_word(path: Path) -> None:
    said = [(line, text) for line, text in literals(path) if " " in text]
    assert not [(line, text) for line, text in said if OLD_WORDS.search(text)]
