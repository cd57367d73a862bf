"""A small report of a run: one HTML page that opens offline, with pictures, numbers, recipe and warnings."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from core import __version__
from core.execute import ChannelReport
from core.files import make_folder, write_json, write_text
from core.job import Job
from core.project import Project
from core.volume import Array, Volume

PICTURE_WIDTH_PX = 480
SHORT = 4

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1060px; margin: 2rem auto; padding: 0 1rem }
body { color: #1c2430 }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #d5dae2 }
figure { display: inline-block; margin: 0 1rem 1rem 0; vertical-align: top }
figcaption { font-size: .85rem; color: #55606e; max-width: 480px }
table { border-collapse: collapse } td, th { padding: .25rem .9rem .25rem 0; text-align: left }
.note { background: #fff5dd; border-left: 4px solid #d9a400; padding: .4rem .8rem; margin: .4rem 0 }
pre { background: #f4f6f9; padding: .8rem; overflow-x: auto } img, svg { max-width: 100%; height: auto }
"""


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
    page = folder / "index.html"
    write_text(page, _page(project.folder.resolve().name, parts))
    write_json(folder / "summary.json", {name: _summary(report) for name, report in reports.items()})
    return page


def _page(title: str, parts: Sequence[str]) -> str:
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _channel_parts(project: Project, channel: str, report: ChannelReport, job: Job) -> Iterator[str]:
    if channel:
        yield f"<h2>{html.escape(channel)}</h2>"
    yield _facts(project.input(channel), report)
    for note in report.notes:
        yield f'<p class="note">{html.escape(note)}</p>'
    yield "<h2>The middle slice, step by step</h2>"
    yield from _pictures(project, channel, job)
    series = {
        f"{name}: {_words(key)}": values
        for name, estimate in report.estimates.items()
        for key, values in estimate.model_dump(mode="json").items()
        if isinstance(values, list) and len(values) > 1 and all(isinstance(v, (int, float)) for v in values)
    }
    if series:
        yield "<h2>Per slice</h2>"
    for name, values in series.items():
        yield f"<figure>{_curve(values, name)}</figure>"


def _facts(raw: Volume, report: ChannelReport) -> str:
    rows = [
        ("Input", f"{' x '.join(map(str, raw.info.shape))} voxels (z, y, x), {raw.info.dtype}"),
        ("Voxel size", _lengths(raw.info.voxel_nm)),
        ("Result", f"{' x '.join(map(str, report.volume.info.shape))} voxels, {report.volume.info.content}"),
    ]
    for name, estimate in report.estimates.items():
        for key, value in estimate.model_dump(mode="json").items():
            short = value if isinstance(value, list) else [value]
            if 0 < len(short) <= SHORT and all(isinstance(item, (int, float, str)) for item in short):
                rows.append((f"{name}: {_words(key)}", ", ".join(map(_number, short))))
    rows += [("Exported", str(path)) for path in report.files]
    lines = "".join(f"<tr><th>{html.escape(a)}</th><td>{html.escape(b)}</td></tr>" for a, b in rows)
    return f"<table>{lines}</table>"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _lengths(voxel_nm: Sequence[float | None]) -> str:
    return " x ".join("unknown" if size is None else f"{size:g}" for size in voxel_nm) + " nm (z, y, x)"


def _pictures(project: Project, channel: str, job: Job) -> Iterator[str]:
    recipe = project.recipe
    raw = project.input(channel)
    yield _figure(raw, "as acquired")
    for count, entry in enumerate(recipe.steps, start=1):
        job.check()
        if entry.step.apply is None and entry.step.select is None:
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


def _curve(values: Sequence[float], label: str) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.hashsalt": "trueslice", "svg.fonttype": "none"}):
        figure = Figure(figsize=(5.0, 2.3), layout="constrained")
        axes = figure.add_subplot()
        axes.plot(values, linewidth=1.2)
        axes.set_xlabel("slice")
        axes.set_title(label, loc="left", fontsize="medium")
        axes.spines[["top", "right"]].set_visible(False)
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    return text[text.index("<svg") :]


def _summary(report: ChannelReport) -> dict[str, object]:
    return {
        "shape_zyx": list(report.volume.info.shape),
        "voxel_nm_zyx": list(report.volume.info.voxel_nm),
        "estimates": {name: found.model_dump(mode="json") for name, found in report.estimates.items()},
        "files": [path.name for path in report.files],
        "warnings": report.notes,
    }
