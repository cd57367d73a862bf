"""Project folders that were damaged, come from elsewhere, lost their inputs, or are in use."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.errors import InputChangedError, ProjectError, ReadError, RecipeError, TruesliceError
from core.execute import Limits, run
from core.io import ReadOptions
from core.project import InputSpec, Project
from core.recipe import Recipe
from tests.system.bad_inputs.case import Case, Outcome, permissions_bind
from tests.system.bad_inputs.recipes import HEAD, step
from tests.system.bad_inputs.valid import valid, write_slices

RECIPE = (
    HEAD
    + step("crop", "y_start = 2")
    + step("normalise")
    + step("segment")
    + step("measure")
    + step("export", 'file_name = "solid"')
)
Damage = Callable[[Path], object]


@lru_cache(maxsize=1)
def _template() -> Path:
    """A finished project beside its input; copied for every case."""
    folder = Path(tempfile.mkdtemp(prefix="trueslice-tests-"))
    _cleanup.append(folder)
    write_slices(folder / "slices")
    options = ReadOptions(voxel_nm_zyx=(10.0, 5.0, 5.0))
    project = Project.create(folder / "out", {"": InputSpec(paths=(folder / "slices",), options=options)})
    project.save_recipe(Recipe.loads(RECIPE))
    run(project, limits=Limits(workers=1))
    return folder


_cleanup: list[Path] = []


def remove_template() -> None:
    """Delete the copied-from project at the end of the tests."""
    for folder in _cleanup:
        shutil.rmtree(folder, ignore_errors=True)
    _cleanup.clear()
    _template.cache_clear()


def _copied(folder: Path) -> Path:
    # The inputs are found beside the project, as after moving both.
    shutil.copytree(_template(), folder, dirs_exist_ok=True)
    table = json.loads((folder / "out" / "trueslice.json").read_text(encoding="utf-8"))
    table["input"][""]["paths"] = [str(folder / "slices")]
    (folder / "out" / "trueslice.json").write_text(json.dumps(table), encoding="utf-8")
    return folder / "out"


def _rerun(out: Path) -> object:
    """What opening a project and going on with it does, results included."""
    project = Project.open(out)
    project.states("")
    [report] = run(project, limits=Limits(workers=1)).values()
    for count in range(len(project.recipe.steps) + 1):
        volume = project.volume("", count)
        if volume is not None:
            volume.read()
    return report.files


def _texts(name: str, *contents: tuple[str, bytes]) -> dict[str, Damage]:
    return {f"{name}-{label}": partial(_overwrite, name, content) for label, content in contents}


def _overwrite(name: str, content: bytes, out: Path) -> None:
    for path in sorted(out.glob(name)):
        path.write_bytes(content)


def _edited(change: Callable[[dict[str, Any]], object]) -> Damage:
    def damage(out: Path) -> None:
        table = json.loads((out / "trueslice.json").read_text(encoding="utf-8"))
        change(table)
        (out / "trueslice.json").write_text(json.dumps(table), encoding="utf-8")

    return damage


def _cut(name: str) -> Damage:
    def damage(out: Path) -> None:
        for path in sorted(out.glob(name)):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return damage


def _flipped(name: str) -> Damage:
    def damage(out: Path) -> None:
        path = sorted(out.glob(name))[0]
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 255
        path.write_bytes(data)

    return damage


def _gone(name: str) -> Damage:
    def damage(out: Path) -> None:
        for path in sorted(out.glob(name)):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    return damage


def _file_for_folder(name: str) -> Damage:
    def damage(out: Path) -> None:
        shutil.rmtree(out / name)
        (out / name).write_bytes(b"in the way")

    return damage


def _unfinished(out: Path) -> None:
    """As after a kill: voxels are being written, the journal lists some of them."""
    for marker in out.glob("results/*/done.json"):
        marker.unlink()


def _journal(content: bytes) -> Damage:
    def damage(out: Path) -> None:
        _unfinished(out)
        _overwrite("results/*/blocks.log", content, out)

    return damage


def _observed(name: str, content: bytes) -> Damage:
    def damage(out: Path) -> None:
        _unfinished(out)
        for estimate in sorted(out.glob("results/*/estimate.json")):
            (estimate.parent / "observed").mkdir(exist_ok=True)
            (estimate.parent / "observed" / name).write_bytes(content)
            estimate.unlink()

    return damage


JUNK = (
    ("empty", b""),
    ("noise", bytes(range(256))),
    ("half-json", b'{"format": 1, "in'),
    ("list", b"[1, 2]"),
)
_CHUNKS = "results/*/volume.zarr/data/c/1/0/0"

_MARKER: dict[str, Damage] = {
    **_texts("trueslice.json", *JUNK, ("number", b"5"), ("null", b"null"), ("deep", b"[" * 100000)),
    "marker-gone": _gone("trueslice.json"),
    "format-99": _edited(lambda table: table.update(format=99)),
    "format-of-words": _edited(lambda table: table.update(format="new")),
    "format-missing": _edited(lambda table: table.pop("format")),
    "input-missing": _edited(lambda table: table.pop("input")),
    "input-empty": _edited(lambda table: table.update(input={})),
    "input-is-a-list": _edited(lambda table: table.update(input=[1])),
    "input-is-a-number": _edited(lambda table: table["input"].update({"": 5})),
    "input-without-path": _edited(lambda table: table["input"][""].pop("paths")),
    "input-of-no-paths": _edited(lambda table: table["input"][""].update(paths=[])),
    "input-with-unknown-entry": _edited(lambda table: table["input"][""].update(colour="red")),
    "input-with-unknown-option": _edited(lambda table: table["input"][""].update(options={"zoom": 2})),
}  # fmt: skip

_RECIPES: dict[str, Damage] = _texts(
    "recipe.toml", ("noise", bytes(range(256))), ("half", HEAD.encode() + b"[[st")
)

_INPUTS: dict[str, tuple[type[TruesliceError], Callable[[Path], object]]] = {
    "changed": (InputChangedError, lambda slices: _flip_pixel(slices / "slice_002.png")),
    "removed": (ReadError, lambda slices: shutil.rmtree(slices)),
    "one-slice-removed": (InputChangedError, lambda slices: (slices / "slice_002.png").unlink()),
    "one-slice-added": (
        InputChangedError, lambda slices: shutil.copy(slices / "slice_004.png", slices / "slice_005.png")
    ),
    "one-slice-cut": (TruesliceError, lambda slices: _halve(slices / "slice_002.png")),
    "one-slice-emptied": (TruesliceError, lambda slices: (slices / "slice_002.png").write_bytes(b"")),
    "replaced-by-a-file": (ReadError, lambda slices: (shutil.rmtree(slices), slices.write_bytes(b"x"))),
    "replaced-by-others": (TruesliceError, lambda slices: _replace(slices)),
}  # fmt: skip

_RESULTS: dict[str, tuple[Outcome, Damage]] = {
    "chunk-gone": ("error", _gone(_CHUNKS)),
    "chunk-empty": ("error", partial(_overwrite, _CHUNKS, b"")),
    "chunk-cut": ("error", _cut(_CHUNKS)),
    "chunk-noise": ("error", partial(_overwrite, _CHUNKS, bytes(range(256)))),
    "chunk-flipped": ("error", _flipped(_CHUNKS)),
    "array-description-gone": ("error", _gone("results/*/volume.zarr/data/zarr.json")),
    "array-description-cut": ("error", _cut("results/*/volume.zarr/data/zarr.json")),
    "volume-gone": ("error", _gone("results/*/volume.zarr")),
    "results-are-a-file": ("error", _file_for_folder("results")),
    "exports-are-a-file": ("error", _file_for_folder("exports")),
    "results-gone": ("works", _gone("results")),
    "export-gone": ("works", _gone("exports/*")),
    "export-cut": ("works", _cut("exports/*")),
    "marks-of-finished-results-empty": ("works", partial(_overwrite, "results/*/done.json", b"")),
    "marks-of-finished-results-noise": (
        "works", partial(_overwrite, "results/*/done.json", bytes(range(256)))
    ),
    "estimate-empty": ("error", partial(_overwrite, "results/*/estimate.json", b"")),
    "estimate-cut": ("error", _cut("results/*/estimate.json")),
    "estimate-of-another-kind": ("error", partial(_overwrite, "results/*/estimate.json", b'{"a": 1}')),
    "estimate-is-a-list": ("error", partial(_overwrite, "results/*/estimate.json", b"[1]")),
    "estimate-of-too-few-slices": (
        "error", partial(_overwrite, "results/*/estimate.json", b'{"gain": [1.0], "offset": [0.0]}')
    ),
    "checksums-empty": ("error", partial(_overwrite, "inputs.json", b"")),
    "checksums-noise": ("error", partial(_overwrite, "inputs.json", bytes(range(256)))),
    "checksums-of-another-kind": ("error", partial(_overwrite, "inputs.json", b'{"": {"slice_000.png": 5}}')),
    "checksums-are-a-list": ("error", partial(_overwrite, "inputs.json", b"[1]")),
    "checksums-gone": ("works", _gone("inputs.json")),
    "journal-noise": ("works", _journal(bytes(range(256)) * 3)),
    "journal-of-words": ("works", _journal(b"one two\nthree four\n")),
    "journal-beyond-the-end": ("works", _journal(b"0 2\n3 999999999\n")),
    "journal-negative": ("works", _journal(b"-5 2\n4 1\n")),
    "journal-of-huge-numbers": ("works", _journal(b"0 " + b"9" * 400 + b"\n")),
    "observation-empty": ("error", _observed("0-5.npz", b"")),
    "observation-noise": ("error", _observed("0-5.npz", bytes(range(256)) * 9)),
    "observation-of-another-name": ("works", _observed("a-b.npz", b"x")),
    "observation-beyond-the-end": ("error", _observed("0-999.npz", b"x")),
}  # fmt: skip


def cases() -> Iterator[Case]:
    """All of them."""
    for name, damage in _MARKER.items():
        yield Case(f"project-{name}", partial(_damaged, damage), kind=ProjectError, leaves=("out",))
    for name, damage in _RECIPES.items():
        yield Case(f"project-{name}", partial(_damaged, damage), kind=RecipeError, leaves=("out",))
    for name, (kind, change) in _INPUTS.items():
        yield Case(f"project-input-{name}", partial(_other_input, change), kind=kind, leaves=("out",))
    for name, (outcome, damage) in _RESULTS.items():
        yield Case(
            f"project-{name}",
            partial(_damaged, damage),
            outcome,
            (ProjectError, TruesliceError),
            leaves=("out",),
        )
    yield Case("project-locked", _locked, kind=ProjectError, says="out")
    yield Case(
        "project-missing",
        lambda folder: partial(Project.open, folder / "gone"),
        kind=ProjectError,
        says="gone",
    )
    yield Case("project-is-a-file", _is_a_file, kind=TruesliceError, says="stack.tif")
    yield Case("project-of-other-inputs", _other_project, kind=ProjectError, says="out")
    for label, name in (("300-bytes", "n" * 300), ("a-zero-byte", "a\0b"), ("odd-text", "a\udcff")):
        outcome = "either" if label == "odd-text" else "error"
        yield Case(f"project-name-of-{label}", partial(_named, name), outcome, TruesliceError)
    yield Case("project-below-a-file", partial(_named, "stack.tif/out"), kind=TruesliceError)
    if permissions_bind():
        yield Case("project-in-denied-folder", _denied, kind=TruesliceError, says="denied")
    yield Case(
        "project-of-no-inputs", lambda folder: partial(Project.create, folder / "out", {}), kind=ProjectError
    )


def _damaged(damage: Damage, folder: Path) -> Callable[[], object]:
    out = _copied(folder)
    damage(out)
    return partial(_rerun, out)


def _other_input(change: Callable[[Path], object], folder: Path) -> Callable[[], object]:
    out = _copied(folder)
    change(folder / "slices")
    return partial(_rerun, out)


def _flip_pixel(path: Path) -> None:
    from PIL import Image

    image = Image.open(path).convert("L")
    image.putpixel((3, 3), 255 - int(image.getpixel((3, 3))))  # type: ignore[arg-type]
    image.save(path)


def _replace(slices: Path) -> None:
    shutil.rmtree(slices)
    write_slices(slices, ".tif")


def _halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _locked(folder: Path) -> Callable[[], object]:
    out = _copied(folder)

    def call() -> object:
        # Another handle of the same file is as good as another process.
        with FileLock(out / ".lock"):
            return _rerun(out)

    return call


def _named(name: str, folder: Path) -> Callable[[], object]:
    stack = valid("tiff").make(folder)
    return lambda: Project.create(folder / name, {"": InputSpec(paths=(stack,))})


def _denied(folder: Path) -> Callable[[], object]:
    stack = valid("tiff").make(folder)
    (folder / "denied").mkdir(mode=0)
    return lambda: Project.create(folder / "denied" / "out", {"": InputSpec(paths=(stack,))})


def _is_a_file(folder: Path) -> Callable[[], object]:
    stack = valid("tiff").make(folder)
    return lambda: Project.create(stack, {"": InputSpec(paths=(stack,))})


def _other_project(folder: Path) -> Callable[[], object]:
    out = _copied(folder)
    stack = valid("tiff").make(folder)
    return lambda: Project.create(out, {"": InputSpec(paths=(stack,))})
