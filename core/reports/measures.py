"""Write the report of measures: a folder with a web page, a PDF, JSON, CSV and figures."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from core.errors import ParameterError, WriteError
from core.files import write_json, write_text
from core.io.writers.delivery import SIGNATURE, delivery
from core.io.writers.manifest import write_manifest
from core.job import Job
from core.reports import drawing
from core.reports.contents import named, report_blocks
from core.reports.csv_files import csv_files
from core.reports.figures import pictures_of
from core.reports.page import block_html, page
from core.reports.paper import write_pdf
from core.reports.pictures import Picture
from core.reports.sources import ReportInput

PAGE, PAPER, FIGURES = "report.html", "report.pdf", "figures"
BYTES_BESIDE_VALUES = 32 << 20


class _Possible(Exception):
    """Leaves the trial before anything is put in place."""


def refuse_report_folder(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that no report could be written to, before hours of measuring; writes nothing.

    Raises
    ------
    WriteError
        If the folder exists, or cannot be written.
    NotEnoughDiskError
        If there is hardly any space left.
    """
    folder = _absolute(folder)
    with (
        contextlib.suppress(_Possible),
        delivery(folder, needed_bytes=BYTES_BESIDE_VALUES, overwrite=overwrite) as parts,
    ):
        parts.folder(folder.name)
        raise _Possible


def _absolute(folder: Path) -> Path:
    folder = Path(os.path.abspath(folder))
    if not folder.name:
        raise WriteError(f"{folder} is no folder for a report", remedy="name a new folder")
    return folder


def write_measures_report(
    results: Sequence[ReportInput], folder: Path, job: Job, *, title: str = "", overwrite: bool = False
) -> list[Path]:
    """Write the whole folder, or nothing.

    The same results give the same bytes: no time, no machine, no place is written.

    Parameters
    ----------
    results : sequence of ReportInput
        One, or several to show beside each other.
    folder : Path
        Made anew; a folder of somebody else is never replaced.
    job : Job
        Progress and cancelling.
    title : str
        Heading; by default the titles of the results.
    overwrite : bool
        Whether an older report may be replaced.

    Returns
    -------
    list of Path
        Every file, the web page first.

    Raises
    ------
    ParameterError
        If there is no result.
    WriteError
        If the folder exists, or cannot be written.
    NotEnoughDiskError
        If it does not fit.
    Cancelled
        If the job was stopped.
    """
    if not results:
        raise ParameterError("a report needs a result", expected="one measured volume or more", got="none")
    folder = _absolute(folder)
    title = " ".join(title.split()) or ", ".join(result.name for result in named(results))
    tables = [result.table() for result in results]
    needed = BYTES_BESIDE_VALUES + 8 * sum(len(json.dumps(table)) for table in tables)
    with delivery(folder, needed_bytes=needed, overwrite=overwrite) as parts:
        staged = parts.folder(folder.name)
        for number, table in enumerate(tables, start=1):
            write_json(staged / ("measures.json" if len(tables) == 1 else f"measures-{number}.json"), table)
        for name, text in csv_files(named(results)).items():
            job.check()
            write_text(staged / name, text)
        pictures = pictures_of(named(results))
        drawn = _drawn(staged / FIGURES, pictures, job)
        blocks = report_blocks(title, results, pictures)
        parts_of_page = [block_html(block, drawn) for block in job.track(blocks, len(blocks), "Page")]
        write_text(staged / PAGE, page(title, parts_of_page))
        write_pdf(staged / PAPER, title, blocks, job)
        write_manifest(staged, SIGNATURE, job)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return sorted(files, key=lambda path: path.name != PAGE)


def _drawn(folder: Path, pictures: Sequence[Picture], job: Job) -> dict[str, str]:
    """Write the figures; return their SVG by name."""
    drawn = {}
    if pictures:
        folder.mkdir()
    for picture in job.track(pictures, len(pictures), "Figures"):
        drawn[picture.name] = drawing.svg(picture)
        write_text(folder / f"{picture.name}.svg", drawn[picture.name])
    if pictures:
        drawing.write_figures_pdf(folder / "figures.pdf", pictures, job)
    return drawn
