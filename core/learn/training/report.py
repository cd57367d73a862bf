"""What a training has come to, as a file for programs and a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.files import write_json, write_text
from core.learn.training.deliver import told
from core.learn.training.trial import Trial

REPORT, TABLE = "report.json", "report.txt"


def report_of(trial: Trial, facts: dict[str, Any]) -> dict[str, Any]:
    """Plain values: facts of the training, what the stacks were, and one row for each method.

    ``share_of_best_classical`` is MP of the network by that of the best method without one.
    """
    own, classical = trial.network, trial.best_classical
    share = own.mp / classical.mp if own and classical and classical.mp else None
    return {
        **facts,
        "tested_on": {
            "split": trial.role,
            "stacks": list(trial.cases),
            "voxels": trial.voxels,
            "solid_fraction": trial.phi,
        },
        "rows": [row.model_dump(mode="json") for row in trial.rows],
        "best_classical": None if classical is None else told(classical),
        "share_of_best_classical": share,
    }


def write_report(folder: Path, trial: Trial, report: dict[str, Any]) -> None:
    """Write both."""
    write_text(folder / TABLE, "\n".join(table(trial)) + "\n")
    write_json(folder / REPORT, report)


def table(trial: Trial) -> Iterator[str]:
    """Lines of a table for people."""
    if not trial.rows:
        yield "There was no stack with a known truth to test on."
        return
    which = "test" if trial.role == "test" else "validation, by which the best state was chosen"
    yield f"Stacks for {which}: {', '.join(trial.cases)}; true solid fraction {trial.phi:.4f}"
    yield ""
    width = max(len(told(row)) for row in trial.rows)
    yield f"{'method':{width}}  {'MP %':>8}  {'MGP %':>8}  {'MDS':>7}  {'phi':>7}"
    for row in trial.rows:
        mgp = "" if row.mgp is None else f"{row.mgp:.3f}"
        yield f"{told(row):{width}}  {row.mp:8.3f}  {mgp:>8}  {row.mds:7.4f}  {row.phi:7.4f}"
