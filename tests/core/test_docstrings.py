"""What the linter does not hold of docstrings: every public argument and result is described."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("core", "app")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "migrations" not in path.parts
]
NOTHING = {"None", "NoReturn", "Never"}


def functions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """Public functions and methods; what stands inside a function is not public."""
    for node in body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from functions(node.body)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def missing(node: ast.FunctionDef) -> list[str]:
    """The sections that a docstring lacks; properties describe their value in the first line."""
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    if "overload" in decorators or any(name.endswith(".setter") for name in decorators):
        return []
    docstring = ast.get_docstring(node) or ""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    has_arguments = any(argument.arg not in ("self", "cls") for argument in given)
    returns = ast.unparse(node.returns) if node.returns else "None"
    is_property = any(name.endswith("property") for name in decorators)
    absent = []
    if has_arguments and "Args:" not in docstring:
        absent.append("Args")
    if (
        not is_property
        and returns not in NOTHING
        and not {"Returns:", "Yields:"} & set(docstring.replace("\n", " ").split())
    ):
        absent.append("Returns")
    return absent


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arguments_and_results_are_described(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lacking = {node.name: missing(node) for node in functions(tree.body)}
    assert not {name: absent for name, absent in lacking.items() if absent}


def test_the_rule_sees_what_is_missing() -> None:
    source = '''
class Public:
    @property
    def size(self) -> int:
        """Size in bytes."""
    def read(self, path: str) -> bytes:
        """Read."""
def _private(x: int) -> int: ...
'''
    found = {node.name: missing(node) for node in functions(ast.parse(source).body)}
    assert found == {"size": [], "read": ["Args", "Returns"]}
