"""``trueslice report``: what was measured as web page, PDF, figures and tables; several side by side."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from core.job import Job


def add(subparsers: Any) -> None:
    """Add the sub-command."""
    from core.commands import new_parser

    parser = new_parser(
        subparsers, "report", "Write a report of what was measured; several results stand side by side."
    )
    parser.add_argument(
        "result",
        type=Path,
        nargs="+",
        metavar="RESULT",
        help="a project that was measured, a report folder, or a measures.json",
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FOLDER", help="folder of the report"
    )
    parser.add_argument("--title", default="", help="heading (default: the names of the results)")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an older report (never a folder of somebody else)"
    )
    parser.set_defaults(function=_report)


def _report(parsed: argparse.Namespace, job: Job) -> dict[str, Any]:
    from core.reports import load_measures, write_measures_report

    results = [found for path in parsed.result for found in load_measures(path, job)]
    files = write_measures_report(results, parsed.output, job, title=parsed.title, overwrite=parsed.overwrite)
    notes = dict.fromkeys(note for result in results for note in result.measured.notes)
    return {
        "report": str(files[0]),
        "files": [str(file) for file in files],
        "results": [
            {"title": result.title, "verdict": result.measured.verdict, "phases": _phases(result.measured)}
            for result in results
        ],
        "warnings": list(notes),
    }


def _phases(measured: Any) -> dict[str, float]:
    return {phase.name: phase.fraction for phase in measured.phases}
