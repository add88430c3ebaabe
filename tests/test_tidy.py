"""Style as a test: what this tree bans, each with what to write instead."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
MODULE_LINES_MAX = 450
FUNCTION_LINES_MAX = 70
LINE_CHARACTERS_MAX = 120

# Layers that are given time, chance and files as arguments, and never reach for them.
GIVEN_ONLY = ("wire/", "core/", "ports.py", "journey.py", "keys/public.py")
WORLD_NAMES = {"open", "__import__", "eval", "exec", "compile", "input", "breakpoint", "print"}
WORLD_MODULES = {"importlib", "io", "pathlib", "sys", "builtins", "shutil", "tempfile", "uuid", "select", "signal"}
CLOCK_CALLS = {"now", "utcnow", "today"}

LEFTOVERS = re.compile(r"\b(TODO|FIXME|XXX|HACK|in production)\b")
# Written in two parts, so that this file names no host itself.
HOSTS = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "deb." + "debian.org"]
TEXT_SUFFIXES = {".py", ".md", ".toml", ".txt", ".json", ".js", ".mjs", ".lock", ".in", ".sh", ".html", ".css", ""}


class Found(NamedTuple):
    """A breach: the rule, the line, and what to write instead."""

    line: int
    what: str


Rule = Callable[[str, ast.Module], Iterator[Found]]


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str, str]]:
    """Every call with the name called and the name before its dot ("" if none)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node, node.func.id, ""
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            before = node.func.value
            yield node, node.func.attr, before.id if isinstance(before, ast.Name) else "…"


def no_assert(_module: str, tree: ast.Module) -> Iterator[Found]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield Found(node.lineno, "`assert` is dropped under -O: call `invariant()` or raise a fault")


def no_print(module: str, tree: ast.Module) -> Iterator[Found]:
    if not module.startswith("cli/"):
        for node, name, before in calls(tree):
            if (name, before) == ("print", ""):
                yield Found(node.lineno, "`print()` outside cli: return the value, or make it an effect")


def no_world(module: str, tree: ast.Module) -> Iterator[Found]:
    if not module.startswith(GIVEN_ONLY):
        return
    for node, name, before in calls(tree):
        if before == "" and name in WORLD_NAMES:
            yield Found(node.lineno, f"`{name}()` here: this layer is given what it needs as arguments")
        if before != "" and name in CLOCK_CALLS and not node.args:
            yield Found(node.lineno, f"`.{name}()` reads a clock: take a `Now` or a time with its unit as an argument")
    for node in ast.walk(tree):
        names = [x.name for x in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if name.split(".")[0] in WORLD_MODULES:
                yield Found(node.lineno, f"`{name}` here: this layer touches no file, process or interpreter")


def narrow_except(_module: str, tree: ast.Module) -> Iterator[Found]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        broad = node.type is None or {x.id for x in caught if isinstance(x, ast.Name)} & {"BaseException", "Exception"}
        passed_on = any(
            isinstance(x, ast.Raise) or (isinstance(x, ast.Name) and x.id == node.name)
            for statement in node.body
            for x in ast.walk(statement)
        )
        if broad and not passed_on:
            yield Found(node.lineno, "catches everything and drops it: name what can go wrong, or pass it on")
        if all(isinstance(x, ast.Pass) for x in node.body):
            yield Found(node.lineno, "swallows an error: handle it, or `suppress` it and say why")


def no_sleep(_module: str, tree: ast.Module) -> Iterator[Found]:
    for node, name, _ in calls(tree):
        if name == "sleep":
            yield Found(node.lineno, "sleeps: wait for a condition, or move the simulated clock")


def short_functions(_module: str, tree: ast.Module) -> Iterator[Found]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                yield Found(node.lineno, f"`{node.name}` has {lines} lines of {FUNCTION_LINES_MAX} allowed: divide it")


def module_docstring(_module: str, tree: ast.Module) -> Iterator[Found]:
    if tree.body and not ast.get_docstring(tree):
        yield Found(1, "a module opens with a docstring that states what it is for and the rules it lives by")


def reasoned_ignores(source: str) -> Iterator[Found]:
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"#\s*(type:\s*ignore|noqa)(?!\s*[\[:]\s*\w)", line):
            yield Found(number, "an exemption names its rule: `# type: ignore[code]`, `# noqa: CODE`")


def promised_tests(_module: str, tree: ast.Module) -> Iterator[Found]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            if not ast.get_docstring(node):
                yield Found(node.lineno, f"`{node.name}` has no docstring: a test states the promise it keeps")
            if not any(isinstance(x, ast.Assert | ast.With | ast.Call | ast.Raise) for x in ast.walk(node)):
                yield Found(node.lineno, f"`{node.name}` cannot fail")


def short_lines(text: str) -> Iterator[Found]:
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LINE_CHARACTERS_MAX:
            yield Found(number, f"{len(line)} characters, {LINE_CHARACTERS_MAX} are allowed")


SOURCE_RULES: list[Rule] = [
    no_assert, no_print, no_world, narrow_except, no_sleep, short_functions, module_docstring,
]  # fmt: skip
TEST_RULES: list[Rule] = [narrow_except, no_sleep, short_functions, module_docstring, promised_tests]


def kept_files() -> list[Path]:
    """Every file of the tree that is, or will be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    return sorted(ROOT / x for x in listed.decode().split("\0") if x and (ROOT / x).is_file())


def python_files(under: str) -> list[Path]:
    return [x for x in kept_files() if x.suffix == ".py" and x.is_relative_to(ROOT / under)]


def breaches(files: list[Path], rules: list[Rule]) -> list[str]:
    found: list[str] = []
    for file in files:
        source = file.read_text()
        module = file.relative_to(ROOT / "src/openline" if "src" in file.relative_to(ROOT).parts else ROOT).as_posix()
        tree = ast.parse(source)
        hits = [hit for rule in rules for hit in rule(module, tree)] + list(reasoned_ignores(source))
        found += [f"{file.relative_to(ROOT)}:{hit.line}: {hit.what}" for hit in hits]
    return found


def hold(found: list[str]) -> None:
    """Fail with one breach a line."""
    assert not found, "\n" + "\n".join(found)


def text_files() -> Iterator[tuple[Path, str]]:
    for file in kept_files():
        if file.suffix in TEXT_SUFFIXES and file.name != "LICENSE":
            try:
                yield file.relative_to(ROOT), file.read_text()
            except UnicodeDecodeError:
                continue  # a vector of raw bytes


def test_source_is_tidy():
    """No assert, print, clock, file, swallowed error, sleep, long function or module without rules in src."""
    hold(breaches(python_files("src"), SOURCE_RULES))


def test_tests_are_tidy():
    """Every test states its promise and can fail; none sleeps."""
    hold(breaches(python_files("tests"), TEST_RULES))


def test_modules_are_short():
    """No Python module passes 450 lines: two reasons to change belong in two modules."""
    lengths = {x.relative_to(ROOT): len(x.read_text().splitlines()) for x in python_files(".")}

    hold([f"{name}: {lines} lines" for name, lines in lengths.items() if lines > MODULE_LINES_MAX])


def test_lines_are_short():
    """No line of Python, TOML or prose outside a table is wider than a screen of 120 characters."""
    wide = [
        f"{name}:{hit.line}: {hit.what}"
        for name, text in text_files()
        if name.suffix in {".py", ".md"} or name.name == "Makefile"
        for hit in short_lines("\n".join("" if x.lstrip().startswith("|") else x for x in text.splitlines()))
    ]

    hold(wide)


def test_nothing_is_left_for_later():
    """No TODO, FIXME or their like: what is missing is missing, and said so where the reader looks for it."""
    me = Path(__file__).relative_to(ROOT)
    left = [
        f"{name}:{number}: {line.strip()}"
        for name, text in text_files()
        if name != me
        for number, line in enumerate(text.splitlines(), 1)
        if LEFTOVERS.search(line)
    ]

    hold(left)


def test_no_package_host_is_named():
    """Where packages come from is the machine's own business: no file names a host of packages."""
    named = [f"{name}: {host}" for name, text in text_files() for host in HOSTS if host in text]

    hold(named)


def test_nothing_third_party_is_committed():
    """What npm and pip install is made by `make setup`, never kept here."""
    foreign = {"node_modules", "site-packages", "vendor", "dist", ".venv"}

    hold([str(x) for x in kept_files() if foreign & set(x.relative_to(ROOT).parts)])


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (no_assert, "core/x.py", "assert 1"),
        (no_print, "core/x.py", "print(1)"),
        (no_world, "core/x.py", "open('x')"),
        (no_world, "wire/x.py", "__import__('socket')"),
        (no_world, "core/x.py", "import pathlib"),
        (no_world, "core/x.py", "datetime.now()"),
        (narrow_except, "core/x.py", "try:\n    f()\nexcept:\n    g()"),
        (narrow_except, "core/x.py", "try:\n    f()\nexcept BaseException:\n    g()"),
        (narrow_except, "core/x.py", "try:\n    f()\nexcept ValueError:\n    pass"),
        (no_sleep, "core/x.py", "time.sleep(1)"),
        (short_functions, "core/x.py", "def f():\n" + "    g()\n" * FUNCTION_LINES_MAX),
        (module_docstring, "core/x.py", "x = 1"),
        (promised_tests, "tests/x.py", "def test_x():\n    assert f()"),
        (promised_tests, "tests/x.py", "def test_x():\n    '''P.'''\n    x = 1"),
    ],
)
def test_each_rule_bites(rule, module, source):
    """A breach of each rule is found."""
    assert list(rule(module, ast.parse(source)))


def test_an_exemption_without_its_rule_is_found():
    """An exemption from typing or linting names the one rule it is from."""
    bare = "x = 1  # type: " + "ignore\ny = 2  # " + "noqa\n"
    reasoned = "x = 1  # type: " + "ignore[misc]\ny = 2  # " + "noqa: E501\n"

    assert [x.line for x in reasoned_ignores(bare)] == [1, 2]
    assert list(reasoned_ignores(reasoned)) == []
