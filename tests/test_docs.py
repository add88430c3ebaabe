"""The documents are under test: what they name exists, what exists is documented."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from openline.cli.main import EXIT_CODES, GROUPS, VERBS, cli

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("spec/*.md")])
MADE_LATER = {"bench/results.json"}  # named in the documents, written by a make target, never committed


def dependencies() -> set[str]:
    """Every library the project asks for itself, in any of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    return {re.split(r"[^\w-]", x)[0] for x in asked}


@cache
def text(document: Path) -> str:
    return document.read_text()


def code(document: Path) -> Iterator[str]:
    """Every line of a fenced block and every inline piece of code."""
    fenced = False
    for line in text(document).splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced:
            yield line.strip().removeprefix("$ ")
        else:
            yield from re.findall(r"`([^`]+)`", line)


def commands(document: Path) -> Iterator[list[str]]:
    """The words of every `openline …` in a document, up to the end of that command."""
    for piece in code(document):
        for match in re.finditer(r"(?:^|[|;&(] ?|\s)(?:\.venv/bin/)?openline ([^|;&>)#…]+)", f" {piece}"):
            yield shlex.split(match[1])


def command_of(words: list[str]) -> tuple[list[str], click.Command]:
    """The verb (and verb beneath it) that the words call."""
    found: click.Command = cli
    path: list[str] = []
    for word in words:
        if not isinstance(found, click.Group):
            break
        below = found.get_command(click.Context(found), word)
        if below is None:
            break
        found = below
        path.append(word)
    return path, found


def paths_named(document: Path) -> Iterator[str]:
    for piece in code(document):
        if re.fullmatch(r"(src|spec|tests|docs|scenarios|bench|verifier|tools)/[\w./*-]*", piece):
            yield piece


def anchors(document: Path) -> set[str]:
    """The anchors that a document's headings make."""
    headings = re.findall(r"^#+\s+(.+)$", text(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", x.lower().replace("`", "")).strip().replace(" ", "-") for x in headings}


def sections() -> set[str]:
    """Every number under which the spec has a section."""
    found = {x.name.split("-")[0] for x in ROOT.glob("spec/*.md")}
    for chapter in ROOT.glob("spec/*.md"):
        found |= set(re.findall(r"^#+\s+(\d+(?:\.\d+)*)\.?\s", text(chapter), re.MULTILINE))
    return found


def table(document: Path, first_heading: str) -> list[list[str]]:
    """The rows of the table whose first column has that heading."""
    blocks = re.findall(r"(?:^\|.*\n)+", text(document), re.MULTILINE)
    tables = [[[cell.strip() for cell in x.strip("|").split("|")] for x in block.splitlines()] for block in blocks]
    [found] = [rows[2:] for rows in tables if rows[0][0] == first_heading]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda x: x.relative_to(ROOT).as_posix())
def test_every_command_shown_runs(document):
    """Every `openline …` in a document is a verb that has help, and every option shown is one it takes."""
    for words in commands(document):
        path, command = command_of(words)
        assert path or words[0].startswith("-") or words[0].isupper() or words[0].startswith("<"), f"no verb: {words}"
        assert CliRunner().invoke(cli, [*path, "--help"]).exit_code == 0, words
        taken = {name for x in command.params for name in x.opts} | {"--help"}
        taken |= {"--version"} if not path else set()
        assert {x.split("=")[0] for x in words if x.startswith("--")} <= taken, f"{words}: takes {sorted(taken)}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda x: x.relative_to(ROOT).as_posix())
def test_every_make_target_shown_exists(document):
    """Every `make …` in a document is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    shown = {m for piece in code(document) for m in re.findall(r"(?:^|\s)make ([a-z]+)", piece)}

    assert shown <= targets


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda x: x.relative_to(ROOT).as_posix())
def test_every_link_and_path_resolves(document):
    """Every relative link leads to a file, and to a heading in it; every path named in code exists."""
    for target in re.findall(r"\]\(([^)\s]+)\)", text(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        linked = (document.parent / name).resolve() if name else document
        assert linked.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(linked), f"{target}: no such heading"
    for path in set(paths_named(document)) - MADE_LATER:
        assert list(ROOT.glob(path)), f"`{path}` does not exist"


def test_readme_comes_to_the_point():
    """What it is, the journey and the two commands stand within the first forty lines of the README."""
    first = "\n".join(text(ROOT / "README.md").splitlines()[:40])

    assert "make demo" in first
    assert "make test" in first
    assert "composed" in first
    assert "answered" in first


def test_the_commands_page_has_every_verb_in_its_group_and_every_exit_code():
    """A verb or exit code that the page does not explain does not exist; help groups verbs as the page does."""
    page = ROOT / "docs/commands.md"
    shown = {title: set(re.findall(r"`openline (\w+)", body)) for title, body in chapters(page)}
    explained = {row[0] for row in table(page, "exit")}

    assert [(title, sorted(set(names) - shown.get(title, set()))) for title, names in GROUPS.items()] == [
        (title, []) for title in GROUPS
    ]
    assert sorted(chain.from_iterable(GROUPS.values())) == sorted(VERBS)
    assert explained == {"0", "4"} | {str(x) for x in EXIT_CODES.values()}


def chapters(document: Path) -> list[tuple[str, str]]:
    """The second headings of a document, each with what is below it."""
    parts = re.split(r"^## (.+)$", text(document), flags=re.MULTILINE)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def test_every_target_says_what_it_makes():
    """`make help` has a line for every target."""
    makefile = text(ROOT / "Makefile")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)

    assert phony
    assert set(phony[1].split()) == set(re.findall(r"^([a-z]+):.*## .+$", makefile, re.MULTILINE))


def test_the_journey_table_names_what_exists():
    """ARCHITECTURE's journey has a row a stage; its module, spec section and test exist, and it says what is proved."""
    rows = table(ROOT / "ARCHITECTURE.md", "stage")

    assert len(rows) >= 9
    for stage, modules, spec, tests, proof in rows:
        assert proof, f"{stage} leaves no proof"
        for cell, under in ((modules, "src/openline/"), (tests, "tests/")):
            names = re.findall(r"`([^`]+)`", cell)
            assert names, f"{stage}: nothing named in {cell!r}"
            assert [x for x in names if not (ROOT / under / x).is_file()] == [], stage
        assert set(re.findall(r"\d+(?:\.\d+)*", spec)) <= sections(), f"{stage}: {spec} is not in the spec"


def test_every_section_cited_in_the_code_is_in_the_spec():
    """`spec 3.2` in a comment or docstring leads to a section of that number."""
    known = sections()
    lost = []
    for file in sorted([*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("verifier/*.mjs")]):
        for cited in re.findall(r"\bspec (\d+(?:\.\d+)*(?:(?:, | and )\d+\.\d+)*)", file.read_text()):
            lost += [f"{file.relative_to(ROOT)}: spec {x}" for x in re.split(", | and ", cited) if x not in known]

    assert not lost, "\n" + "\n".join(lost)


def test_every_dependency_is_argued():
    """A library has its row, with a reason, in the page on libraries; a row has its library."""
    page = text(ROOT / "docs/adr/0002-libraries.md")
    argued = dict(re.findall(r"^\| `([\w./@-]+)` \| (.{20,}) \|$", page, re.MULTILINE))
    parts = json.loads(text(ROOT / "frontend/package.json"))

    assert set(argued) == dependencies() | set(parts["dependencies"]) | set(parts["devDependencies"])


def test_the_lock_covers_every_dependency_by_hash():
    """Every direct dependency stands in the lock by exact version, and everything in the lock has hashes."""
    for lock in ("requirements.lock", "requirements-node.lock"):
        pins = [x for x in text(ROOT / lock).splitlines() if x and not x.startswith((" ", "#"))]
        assert all(re.match(r"[\w.-]+(\[\w+\])?==\S+ .*\\$", x) for x in pins), lock
        assert "://" not in text(ROOT / lock)
        assert len(re.findall(r"==[^\n]*\\\n +--hash=sha256:[0-9a-f]{64}", text(ROOT / lock))) == len(pins)
    locked = re.findall(r"^([\w.-]+)(?:\[\w+\])?==", text(ROOT / "requirements.lock"), re.MULTILINE)

    assert {x.lower() for x in dependencies()} <= set(locked)


def test_decisions_are_numbered_and_complete():
    """ADRs count up without a gap, and each says why, what, what else was weighed, and what it costs."""
    pages = sorted(ROOT.glob("docs/adr/*.md"))

    assert [int(x.name[:4]) for x in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert text(page).startswith(f"# {int(page.name[:4])}. "), page.name
        headings = set(re.findall(r"^## (.+)$", text(page), re.MULTILINE))
        assert headings >= {"Context", "Decision", "Rejected", "Cost"}, page.name
