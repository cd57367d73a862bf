"""The cap layer and its ruler are cut off before grey values are judged: they are no sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.execute.lazy import applied
from core.job import Job
from core.propose.face import Face
from core.propose.marks import Marks
from core.propose.proposal import Proposal, entry
from core.volume import Volume

MOST = 0.75
"""Share of the rows that cap and ruler may take up; more is rather a mistake."""


def face_alone(volumes: Mapping[str, Volume], marks: Marks | None, job: Job) -> Mapping[str, Volume]:
    """Slices as they were taken, without the rows in which any of them shows the cap."""
    if marks is None or marks.face is None or not _fits(marks.face.raw, volumes):
        return volumes
    cut = entry("trim", top_px=marks.face.raw)
    return {name: applied(volume, cut, None, job=job) for name, volume in volumes.items()}


def with_trim(clean: Proposal, marks: Marks | None, volumes: Mapping[str, Volume]) -> Proposal:
    """Clean with the cap cut off first; slices are in register by then."""
    if marks is None or marks.face is None:
        return clean
    face = marks.face
    if not _fits(face.registered, volumes):
        why = (
            f"Cap layer and ruler seem to reach down to row {face.registered}, which leaves too little: "
            f"trim them by hand. {clean.why}"
        )
        return replace(clean, why=why, sure=False)
    steps = (entry("trim", top_px=face.registered), *clean.steps)
    return replace(clean, steps=steps, why=f"{_words(face)} {clean.why}", sure=clean.sure and face.clear)


def _fits(rows: int, volumes: Mapping[str, Volume]) -> bool:
    return rows < MOST * min(volume.info.shape[1] for volume in volumes.values())


def _words(face: Face) -> str:
    cut = f"The {face.registered} uppermost rows are cut off once slices are in register"
    ends = f"the marks of the ruler end at row {face.marks_end:.0f}"
    margin = f"a margin of {face.margin} rows was added"
    if face.clear:
        return (
            f"{cut}: {ends} and the cap layer at row {face.first:.0f} of the slice where it is uppermost "
            f"({face.slices} slices looked at), and {margin}."
        )
    return (
        f"{cut}: {ends} of the slice where it is uppermost, but the lower edge of the cap layer is not clear "
        f"(taken for row {face.first:.0f}; {margin}): look whether cap is left."
    )
