"""What somebody who helps needs to know of a program and its computer; nothing about its user.

Plain text, made here and sent nowhere.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PureWindowsPath
from typing import TypeAlias

import resources
from core import __version__
from core.hardware import look
from core.job import Job

Part: TypeAlias = tuple[str, Sequence[str]]
"""A heading and the lines below it."""

PROGRAM = "trueslice"
EXTRAS = ("gui", "train", "cluster", "gpu")
MAIN = (
    "numpy", "scipy", "scikit-image", "numba", "zarr", "tifffile", "onnxruntime", "onnxruntime-gpu", "torch",
    "dask", "PySide6_Essentials", "pyqtgraph", "vispy",
)  # fmt: skip
"""Libraries whose versions matter most when something goes wrong."""
LONGEST_LICENCE = 60  # some packages put the whole text where its name belongs
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_PATHS = re.compile(r"(?<![\w<~.:/\\])(?:[A-Za-z]:[\\/]|\\\\|/)[^\s'\"<>|:,;()\[\]]*[^\s'\"<>|:,;()\[\].]")


@dataclass(frozen=True)
class Library:
    """A package that the program stands on, and under which licence it is used."""

    name: str
    version: str
    licence: str


def libraries(job: Job | None = None) -> tuple[Library, ...]:
    """All packages that this program needs and that are installed, by name; reads many small files."""
    job = job or Job()
    found: dict[str, Library] = {}
    waiting: list[tuple[str, tuple[str, ...]]] = [(PROGRAM, EXTRAS)]
    while waiting:
        job.check()
        name, extras = waiting.pop()
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another system, or an extra that was not asked for
        if name != PROGRAM:
            told = package.metadata
            found[_key(name)] = Library(told["Name"], package.version, licence_of(package))
        needed = (_needed(line, extras) for line in package.requires or ())
        waiting += [(each, ()) for each in needed if each and _key(each) not in found and each != PROGRAM]
    return tuple(sorted(found.values(), key=lambda one: one.name.lower()))


def licence_of(package: metadata.Distribution) -> str:
    """The name of a licence, from wherever a package says it."""
    told = package.metadata
    classes = [line for line in told.get_all("Classifier") or [] if line.startswith("License ::")]
    named = [line.rpartition(" :: ")[2] for line in classes if line.count("::") > 1]
    fields = {name: str(told[name]) for name in ("License", "License-Expression") if name in told}
    lines = fields.get("License", "").strip().splitlines()
    short = lines[0].strip() if len(lines) == 1 and len(lines[0]) <= LONGEST_LICENCE else ""
    return fields.get("License-Expression") or short or ", ".join(named) or "see its package"


def _needed(requirement: str, extras: Sequence[str]) -> str:
    """The package that a line of requirements names; empty when it is only for an extra that is not used."""
    extra, name = _EXTRA.search(requirement), _NAME.match(requirement)
    return name[0] if name and (extra is None or extra[1] in extras) else ""


def _key(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def system(job: Job | None = None) -> tuple[Part, ...]:
    """Program, system and computer; tries the graphics card, which takes a second."""
    job = job or Job()
    known = {_key(library.name): library for library in libraries(job)}
    main = [known[_key(name)] for name in MAIN if _key(name) in known]
    frozen = " (installed program)" if getattr(sys, "frozen", False) else ""
    said: list[Part] = []
    stated = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("TRUESLICE_"))
    if stated:
        said.append(("Environment", tuple(stated)))
    return (
        ("Trueslice", (f"{__version__}{frozen}",)),
        ("System", (platform.platform(), f"Python {platform.python_version()}, {platform.machine()}")),
        ("Computer", look(job).sentences()),
        ("Libraries", tuple(f"{library.name} {library.version}" for library in main)),
        *said,
    )


def report(parts: Iterable[Part]) -> str:
    """All parts as plain text."""
    lines = [line for heading, said in parts for line in (f"## {heading}", *said, "")]
    return "\n".join(lines).strip() + "\n"


def without_names(text: str, private: Mapping[str, str]) -> str:
    """A text without the user's own paths: neither those named here, nor any other that is recognised.

    Parameters
    ----------
    text : str
        What is to be shown to others.
    private : mapping of str to str
        Paths, which may hold spaces, and what stands for each.
    """
    program = str(Path(str(resources.path("__init__.py"))).parents[1])
    known = {program: "<program>", sys.prefix: "<python>", **private}
    for path in sorted(known, key=len, reverse=True):
        for form in _forms(path):
            text = text.replace(form, known[path])
    text = _PATHS.sub(lambda found: f"<path>{PureWindowsPath(found[0]).suffix}", text)
    return without_home(text)


def without_home(text: str) -> str:
    """A text that says ``~`` where the user's home was named."""
    for form in _forms(str(Path.home())):
        text = text.replace(form, "~")
    return text


def _forms(path: str) -> Iterator[str]:
    """How a path may be written: with single, doubled or turned separators."""
    if len(path) > 1:
        yield from dict.fromkeys((path, path.replace("\\", "\\\\"), path.replace("\\", "/")))
