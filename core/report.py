"""A small report of a run: one HTML page that opens offline, with pictures, numbers, recipe and warnings."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from core import __version__
from core.execute import ChannelReport
from core.files import make_folder, write_json, write_text
from core.job import Job
from core.measure.results import Measured
from core.project import Project
from core.reports.document import Note
from core.reports.figures import Named, pictures_of
from core.reports.numbers import number
from core.reports.page import block_html, figure_html, page
from core.reports.pictures import Curve, Panel, Picture
from core.volume import Array, Volume

PICTURE_WIDTH_PX = 480
SHORT = 4
LONGEST_FACT = 80


def write_report(project: Project, reports: Mapping[str, ChannelReport], job: Job) -> Path:
    """Write ``report/index.html`` and ``report/summary.json`` into the project; return the page's path.

    The page holds no time stamps: the same run gives the same bytes.

    Raises
    ------
    WriteError
        If the folder cannot be written to.
    Cancelled
        If the job was stopped.
    """
    folder = project.folder / "report"
    make_folder(folder)
    parts = [f"<h1>{html.escape(project.folder.resolve().name)}</h1>"]
    parts.append(f"<p>Made by Trueslice {__version__}.</p>")
    for channel, report in reports.items():
        job.check()
        parts += _channel_parts(project, channel, report, job)
    parts.append(
        "<h2>Recipe</h2><p>Repeat it with <code>trueslice run recipe.toml INPUT --output DIR</code>.</p>"
    )
    parts.append(f"<pre>{html.escape(project.recipe.dumps())}</pre>")
    page_file = folder / "index.html"
    write_text(page_file, page(project.folder.resolve().name, parts))
    write_json(folder / "summary.json", {name: _summary(report) for name, report in reports.items()})
    return page_file


def _channel_parts(project: Project, channel: str, report: ChannelReport, job: Job) -> Iterator[str]:
    if channel:
        yield f"<h2>{html.escape(channel)}</h2>"
    yield _facts(project.input(channel), report)
    for note in report.notes:
        yield block_html(Note(note))
    yield "<h2>The middle slice, step by step</h2>"
    yield from _pictures(project, channel, job)
    series = {
        f"{name}: {_words(key)}": values
        for name, estimate in report.estimates.items()
        for key, values in estimate.model_dump(mode="json").items()
        if isinstance(values, list) and len(values) > 1 and all(map(_is_number, values))
    }
    if series:
        yield "<h2>Per slice</h2>"
    for name, values in series.items():
        job.check()
        yield figure_html(_per_slice(channel, name, values))
    yield from _measured(channel, report, job)


def _measured(channel: str, report: ChannelReport, job: Job) -> Iterator[str]:
    """Figures of the last measuring step that has everything."""
    found = [getattr(estimate, "measured", None) for estimate in report.estimates.values()]
    known = [measured for measured in found if isinstance(measured, Measured)]
    if not known:
        return
    yield "<h2>Measured</h2>"
    if known[-1].verdict:
        yield block_html(Note(known[-1].verdict, good=True))
    for picture in pictures_of([Named(channel, known[-1])]):
        job.check()
        if picture.name != "fraction-per-slice":  # it stands above
            yield figure_html(replace(picture, name=f"{channel} {picture.name}"))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _per_slice(channel: str, name: str, values: Sequence[float]) -> Picture:
    curve = Curve(tuple(map(float, range(len(values)))), tuple(map(float, values)))
    panel = Panel(name, "slice", "", (curve,), from_zero=False, whole_x=True)
    return Picture(f"{channel} {name}", "", (panel,))


def _facts(raw: Volume, report: ChannelReport) -> str:
    rows = [
        ("Input", f"{' x '.join(map(str, raw.info.shape))} voxels (z, y, x), {raw.info.dtype}"),
        ("Voxel size", _lengths(raw.info.voxel_nm)),
        ("Result", f"{' x '.join(map(str, report.volume.info.shape))} voxels, {report.volume.info.content}"),
    ]
    for name, estimate in report.estimates.items():
        for key, value in estimate.model_dump(mode="json").items():
            short = value if isinstance(value, list) else [value]
            if 0 < len(short) <= SHORT and all(map(_is_short, short)):
                rows.append((f"{name}: {_words(key)}", ", ".join(map(number, short))))
    rows += [("Exported", str(path)) for path in report.files]
    lines = "".join(f"<tr><th>{html.escape(a)}</th><td>{html.escape(b)}</td></tr>" for a, b in rows)
    return f"<table>{lines}</table>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _is_short(value: object) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, str) and 0 < len(value) < LONGEST_FACT)


def _lengths(voxel_nm: Sequence[float | None]) -> str:
    return " x ".join("unknown" if size is None else f"{size:g}" for size in voxel_nm) + " nm (z, y, x)"


def _pictures(project: Project, channel: str, job: Job) -> Iterator[str]:
    recipe = project.recipe
    raw = project.input(channel)
    yield _figure(raw, "as acquired")
    for count, entry in enumerate(recipe.steps, start=1):
        job.check()
        if entry.step.passes:
            continue
        volume = project.volume(channel, count)
        if volume is not None:
            yield _figure(volume, f"{count} {entry.step.label}")


def _figure(volume: Volume, caption: str) -> str:
    plane = volume.slice(volume.info.shape[0] // 2)
    data = base64.b64encode(png_of(plane)).decode("ascii")
    text = html.escape(caption)
    return (
        f'<figure><img width="{PICTURE_WIDTH_PX}" alt="{text}" src="data:image/png;base64,{data}">'
        f"<figcaption>{text}</figcaption></figure>"
    )


def png_of(plane: Array) -> bytes:
    """Grey picture of a plane, stretched between its 0.5th and 99.5th percentile, at most 960 pixels wide."""
    from PIL import Image

    stride = max(1, -(-plane.shape[1] // (2 * PICTURE_WIDTH_PX)))
    small = np.nan_to_num(plane[::stride, ::stride].astype(np.float32))
    low, high = np.percentile(small, (0.5, 99.5))
    if high <= low:
        low, high = float(small.min()), float(max(small.max(), small.min() + 1))
    grey = np.clip((small - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, "PNG")
    return stream.getvalue()


def _summary(report: ChannelReport) -> dict[str, object]:
    return {
        "shape_zyx": list(report.volume.info.shape),
        "voxel_nm_zyx": list(report.volume.info.voxel_nm),
        "estimates": {name: found.model_dump(mode="json") for name, found in report.estimates.items()},
        "files": [path.name for path in report.files],
        "warnings": report.notes,
    }
