"""Imports run one way, and nothing that is kept is ever unpickled."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "core").rglob("*.py"))
APP = sorted((ROOT / "app").rglob("*.py"))
SOURCES = CORE + APP

# A module may import from its own layer and from those above it in this list.
LAYERS: list[set[str]] = [
    {"core.errors", "core.runtime"},
    {"core.types"},
    {"core.exchange"},
    {"core.audio"},
    {"core.spectral"},
    {"core.backbones"},
    {"core.features"},
    {"core.detectors"},
    {"core.metrics"},
    {"core.storage"},
    {"core.explain"},
    {"core.report", "core.evaluation"},
    {"core.workflows"},
    {"core.jobs"},
    {"core.cli"},
    {"core.__main__"},
    {"app.text"},
    {"app.state", "app.navigation", "app.garbage_collection"},
    {"app.guard"},
    {"app.cache"},
    {"app.components"},
    {"app.widgets"},
    {"app.views"},
    {"app.main"},
]


LOOSE = {
    "core": {"__init__", "__main__", "errors", "types"},
    "app": {"__init__", "main", "state", "cache", "guard", "garbage_collection", "navigation"},
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, anywhere in it; `from a import b` gives a and a.b."""
    yield from imports_of(tree_of(path), path)


def imports_of(tree: ast.Module, path: Path) -> Iterator[str]:
    for source, name in names_of(tree, path):
        yield source
        if name:
            yield f"{source}.{name}"


def names_of(tree: ast.Module, path: Path) -> Iterator[tuple[str, str]]:
    """Each name that is imported and where from; no name where a module is imported whole."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((source, alias.name) for alias in node.names)


def circles(imported: dict[str, set[str]]) -> set[frozenset[str]]:
    """Modules that import each other, directly or by way of others: Tarjan's algorithm."""
    found: set[frozenset[str]] = set()
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for other in imported[module]:
            if other not in order:
                visit(other)
            if other in stack:
                lowest[module] = min(lowest[module], lowest[other])
        if lowest[module] == order[module]:
            start = stack.index(module)
            found.add(frozenset(stack[start:]))
            del stack[start:]

    for module in imported:
        if module not in order:
            visit(module)
    return {one for one in found if len(one) > 1}


def layer(module: str) -> int | None:
    for number, names in enumerate(LAYERS):
        if any(module == name or module.startswith(name + ".") for name in names):
            return number
    return None


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", CORE, ids=ids)
def test_core_never_imports_the_app_or_a_plotting_library(path: Path) -> None:
    forbidden = {"app", "streamlit", "plotly", "matplotlib", "seaborn", "altair", "bokeh"}
    assert not {name for name in imports(path) if name.split(".")[0] in forbidden}


@pytest.mark.parametrize("path", [p for p in SOURCES if "." in module_name(p)], ids=ids)
def test_imports_run_one_way(path: Path) -> None:
    own = layer(module_name(path))
    assert own is not None, f"{ids(path)} has no layer: give it one in {Path(__file__).name}"
    upward = [name for name in imports(path) if (layer(name) or 0) > own]
    assert not upward, f"{ids(path)} imports from a later layer"


def test_nothing_is_imported_in_a_circle() -> None:
    """Imports inside functions and those for type checkers count as any other.

    A package's __init__ counts where a name comes from it, not where a module in it is imported:
    that its code runs first is nothing it could depend on.
    """
    modules = {module_name(path) for path in SOURCES}
    imported: dict[str, set[str]] = {}
    for path in SOURCES:
        found = set()
        for source, name in names_of(tree_of(path), path):
            found.add(f"{source}.{name}" if f"{source}.{name}" in modules else source)
        imported[module_name(path)] = found & modules - {module_name(path)}
    assert not circles(imported)


@pytest.mark.parametrize("package", LOOSE)
def test_modules_lie_in_the_folder_that_says_what_they_are(package: str) -> None:
    loose = {path.stem for path in (ROOT / package).glob("*.py")}
    assert loose <= LOOSE[package], "put it into a folder; only what all of them share lies here"


@pytest.mark.parametrize("path", sorted((ROOT / "app" / "views").glob("*.py")), ids=ids)
def test_views_never_import_each_other(path: Path) -> None:
    assert not [
        name
        for name in imports(path)
        if name.startswith("app.views.") and name != module_name(path)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=ids)
def test_files_are_named_by_their_concept(path: Path) -> None:
    stems = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
    assert not stems & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}


@pytest.mark.parametrize("path", SOURCES, ids=ids)
def test_nothing_kept_is_ever_unpickled(path: Path) -> None:
    unsafe = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}
    assert not {name for name in imports(path) if name.split(".")[0] in unsafe}
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call):
            continue
        given = {
            word.arg: word.value.value
            for word in node.keywords
            if word.arg and isinstance(word.value, ast.Constant)
        }
        where = f"{ids(path)}:{node.lineno}"
        assert given.get("weights_only") is not False, f"{where} loads a pickle"
        assert given.get("allow_pickle") is not True, f"{where} allows pickles"
        if ast.unparse(node.func) == "torch.load":
            assert given.get("weights_only") is True, f"{where} needs weights_only=True"


def test_the_walk_sees_imports_inside_functions_and_relative_ones() -> None:
    planted = ROOT / "core" / "detectors" / "planted.py"
    source = "def f():\n    import pickle\n    from ..store import models\n    from . import head\n"
    nodes = ast.parse(source)
    found = list(imports_of(nodes, planted))
    assert {"pickle", "core.store.models", "core.detectors.head"} <= set(found)


def test_a_circle_is_seen_through_any_number_of_modules() -> None:
    imported = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": {"d"}, "f": {"a"}}
    assert circles(imported) == {frozenset("abc"), frozenset("de")}
