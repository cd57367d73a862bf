"""Exports of a run: made once, made again only when a file is gone or changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from core.errors import RecipeError
from core.io.writers import WriteReport
from core.recipe import Recipe, RecipeStep
from core.steps.export import ExportParams
from core.store import ResultStore


def sink_params(entry: RecipeStep) -> ExportParams:
    """The parameters of a step that writes files."""
    if not isinstance(entry.params, ExportParams):
        raise TypeError(f"step {entry.step.name} is marked as a sink but has no way to export")
    return entry.params


def refuse_same_names(recipe: Recipe) -> None:
    """Refuse a recipe in which one export would replace another.

    Raises
    ------
    RecipeError
        Naming the file.
    """
    names = [sink_params(entry).target_name() for entry in recipe.steps if entry.step.sink]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RecipeError(
            f"several export steps would write {', '.join(twice)}", remedy="give each its own file name"
        )


def exported(store: ResultStore, folder: Path) -> WriteReport | None:
    """Return the files an export step has written into `folder`, or None if one is missing or altered."""
    marker = store.folder / "done.json"
    if not marker.is_file():
        return None
    try:
        table = json.loads(marker.read_text(encoding="utf-8"))
        files = [(folder / name, stamp) for name, *stamp in table["files"]]
        notes = tuple(map(str, table["notes"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None  # a mark that is damaged proves nothing: the export is made again
    if not all(path.is_file() and _stamp(path) == stamp for path, stamp in files):
        return None
    return WriteReport(tuple(path for path, _ in files), notes)


def mark_exported(store: ResultStore, folder: Path, report: WriteReport) -> None:
    """Remember what was written, and that it is whole."""
    files = [[path.relative_to(folder).as_posix(), *_stamp(path)] for path in report.files]
    store.folder.mkdir(parents=True, exist_ok=True)
    store.finish({"files": files, "notes": list(report.notes)})


def remove_torn(folder: Path) -> None:
    """Delete temporary files that a killed export has left."""
    for path in folder.glob(".*.part"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]
