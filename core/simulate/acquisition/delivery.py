"""From expected signals to the stacks that a microscope would have saved, and the truth beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.io.writers import write
from core.job import Job
from core.simulate.acquisition.expected import ExpectedStore
from core.simulate.acquisition.scene import Scene, TruthSource
from core.simulate.acquisition.schedule import Schedule
from core.simulate.electrons.material import Material
from core.simulate.electrons.world import Expected, Raster
from core.simulate.image.drawn import Drawn, draw
from core.simulate.image.form import Formed, form
from core.simulate.image.scale import GreyScale, scale_of
from core.simulate.plan import SECONDARY
from core.volume import ALL, Array, Shape, Volume, VolumeInfo, extent

_SCALE_SLICES, _SCALE_SIDE = 8, 1024
_NON_METALS = frozenset({1, 2, 5, 7, 8, 9, 10, 15, 16, 17, 18, 33, 34, 35, 36, 52, 53, 54, 85, 86})
_CARBON = 6


def insulates(material: Material) -> bool:
    """Whether a material counts as poorly conducting: all but metals, their alloys, silicon and pure carbon.

    A rule of thumb for charging streaks; some oxides conduct better.
    """
    elements = {z for z, _count in material.atoms}
    return not elements or bool(elements & _NON_METALS) or (_CARBON in elements and len(elements) > 1)


@dataclass(frozen=True)
class Development:
    """Forms the images of one channel, each by itself.

    Attributes
    ----------
    scene, schedule : Scene, Schedule
    store : ExpectedStore
    channel : str
    scale : GreyScale
        The same for all slices.
    drawn : Drawn
        Artefacts of the channel.
    """

    scene: Scene
    schedule: Schedule
    store: ExpectedStore
    channel: str
    scale: GreyScale
    drawn: Drawn

    def image(self, position: int) -> Formed:
        """The image of one kept slice."""
        index, plan = self.schedule.kept[position], self.scene.plan
        voltage, _detector = plan.origin(self.channel)
        # Labels cost a look at the structure; most plans need none.
        needed = plan.artefacts.charging_percent or (
            plan.image.edge_blur_px and plan.image.edges_from == "labels"
        )
        labels = face_labels(self.scene, self.schedule.raster(voltage, index)) if needed else None
        expected = self.store.read(self.channel, position)
        return formed_image(self.scene, self.channel, index, expected, self.scale, self.drawn, labels)


def formed_image(
    scene: Scene,
    channel: str,
    index: int,
    expected: Expected,
    scale: GreyScale,
    drawn: Drawn,
    labels: Array | None,
) -> Formed:
    """The image of a slice (its number counts lost ones) from its expected signal.

    Parameters
    ----------
    scene : Scene
    channel : str
    index : int
    expected : Expected
    scale : GreyScale
    drawn : Drawn
        Artefacts of the channel.
    labels : ndarray of uint8, shape (y, x), or None
        What the face shows; needed for charging and for an edge blur by labels.
    """
    plan = scene.plan
    insulating = None
    if labels is not None:
        insulating = np.array([insulates(scene.materials[k]) for k in scene.material_index])[labels]
    secondary = plan.detector_names[plan.origin(channel)[1]] == SECONDARY
    return form(
        expected,
        plan.image,
        scale,
        seed=plan.seed,
        stream=(plan.channels.index(channel), index),
        emission="secondary" if secondary else "counting",
        labels=labels,
        spoiling=drawn.at(index),
        insulating=insulating,
    )


def face_labels(scene: Scene, raster: Raster) -> Array:
    """Labels at the centres of the pixels of an image, shape (y, x)."""
    y_nm, x_nm = (
        start + (np.arange(count) + 0.5) * pixel
        for start, count, pixel in zip(raster.corner_nm, raster.shape, raster.pixel_nm, strict=True)
    )
    return scene.plane_at(raster.face_nm, y_nm, x_nm)


@dataclass(frozen=True)
class FormedSource:
    """The images of a channel as voxels of a volume; what was done to each is noted in `seen`."""

    development: Development
    seen: dict[int, Formed] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        """Kept slices, rows, columns."""
        return (len(self.development.schedule.kept), *self.development.schedule.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the grey values."""
        return np.dtype(np.uint8 if self.development.scene.plan.image.bits == 8 else np.uint16)

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Form the images of some slices."""
        first, last = extent(z, self.shape[0])
        planes = []
        for position in range(first, last):
            made = self.development.image(position)
            self.seen[position] = Formed(np.empty(0), made.record, made.warnings)
            planes.append(made.grey[y, x])
        return np.stack(planes)


def developments(scene: Scene, schedule: Schedule, store: ExpectedStore) -> Iterator[Development]:
    """One per channel, with grey scales chosen from some slices spread over the stack."""
    plan = scene.plan
    some = sorted(set(np.linspace(0, len(schedule.kept) - 1, _SCALE_SLICES).astype(int).tolist()))

    def signals(channels: Sequence[str]) -> list[Array]:
        if plan.image.scale == "fixed":
            return []
        # Of large images a part says the same, in less memory.
        return [
            signal[:: 1 + len(signal) // _SCALE_SIDE, :: 1 + signal.shape[1] // _SCALE_SIDE].copy()
            for signal in (store.read(channel, position).signal for channel in channels for position in some)
        ]

    shared = scale_of(plan.image, signals(plan.channels)) if plan.image.scale == "shared" else None
    for number, channel in enumerate(plan.channels):
        drawn = draw(plan.artefacts, slices=plan.field.slices, seed=plan.seed, channel=number)
        scale = shared or scale_of(plan.image, signals([channel]))
        yield Development(scene, schedule, store, channel, scale, drawn)


def deliver(scene: Scene, schedule: Schedule, store: ExpectedStore, folder: Path, job: Job) -> dict[str, Any]:
    """Write the stack of each channel and the truth; return what was done to the images."""
    images, warnings = {}, list(scene.pattern.notes)
    for development in developments(scene, schedule, store):
        source = write_stack(development, folder, job)
        images[development.channel] = image_record(development, source)
        warnings += image_warnings(development.channel, source.seen)
    counts = write_truth(scene, folder, job)
    return {
        "labels": truth_values(scene),
        "images": images,
        "dose": dose_record(scene),
        "warnings": warnings,
        **fractions(scene, counts),
    }


def write_stack(development: Development, folder: Path, job: Job) -> FormedSource:
    """Write the images of a channel; what was done to each is noted in what is returned."""
    source, schedule = FormedSource(development), development.schedule
    # As from a microscope: the thickness that was aimed at, not what only the truth knows.
    voxel_nm = (development.scene.plan.milling.slice_nm, *schedule.pixel_nm_yx)
    info = VolumeInfo(source.shape, source.dtype, voxel_nm, channel=development.channel)
    _write(Volume(info, source), folder, development.channel, job)
    return source


def write_truth(scene: Scene, folder: Path, job: Job) -> Array:
    """Write the labels on the fine grid; return how often each is there."""
    truth = CountingSource(
        TruthSource(scene), np.zeros(len(scene.labels), dtype=np.int64), step_of_values(scene)
    )
    content: Literal["binary", "labels"] = "binary" if len(scene.labels) == 2 else "labels"
    info = VolumeInfo(truth.shape, truth.dtype, (scene.plan.field.voxel_nm,) * 3, content=content)
    _write(Volume(info, truth), folder, "truth", job)
    return truth.counts


def truth_values(scene: Scene) -> dict[str, str]:
    """Name of each value in ``truth.tif``: 0 and 255 for two labels as in binary stacks, else 0, 1 ..."""
    step = step_of_values(scene)
    return {str(step * value): name for value, name in enumerate(scene.labels)}


def step_of_values(scene: Scene) -> int:
    """From the number of a label to its value in a file."""
    return 255 if len(scene.labels) == 2 else 1


def fractions(scene: Scene, counts: Array) -> dict[str, Any]:
    """Share of each label in the truth, and of all that is not pore among the phases of the structure."""
    shares = counts / counts.sum()
    phases = counts[: len(scene.pattern.labels)]
    return {
        "fractions": dict(zip(scene.labels, shares.tolist(), strict=True)),
        "solid_fraction": float(1 - phases[0] / max(1, phases.sum())),
    }


@dataclass(frozen=True)
class CountingSource:
    """The truth, whose voxels are counted while they are written; label k is handed out as k times `step`."""

    truth: TruthSource
    counts: Array
    step: int = 1

    @property
    def shape(self) -> Shape:
        """Voxels (z, y, x)."""
        return self.truth.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the labels."""
        return self.truth.dtype

    def read(self, z: slice, y: slice = ALL, x: slice = ALL) -> Array:
        """Labels of three ranges."""
        labels = self.truth.read(z, y, x)
        self.counts[:] += np.bincount(labels.ravel(), minlength=len(self.counts))
        return labels if self.step == 1 else labels * np.uint8(self.step)


def _write(volume: Volume, folder: Path, name: str, job: Job) -> None:
    write(volume, folder / f"{name}.tif", "fiji", job, overwrite=True, message=f"Writing {name}")


def image_record(development: Development, source: FormedSource) -> dict[str, Any]:
    """What was done to the images of a channel that the source has formed: scale, artefacts, each slice."""
    return {
        "scale": development.scale.record(),
        "artefacts": development.drawn.record(),
        "slices": [source.seen[position].record for position in sorted(source.seen)],
    }


def dose_record(scene: Scene) -> dict[str, Any]:
    """Electrons per pixel of the images, and where they come from."""
    plan, image = scene.plan, scene.plan.image
    if image.noise != "dose":
        simulated = plan.electrons_per_pixel if plan.electrons == "monte-carlo" else 0
        return {"noise": image.noise, "electrons_per_pixel": simulated}
    return {
        "noise": image.noise,
        "electrons_per_pixel": image.dose_electrons,
        "current_pa": image.current_pa,
        "dwell_us": image.dwell_us,
        "frames": image.frames,
    }


def image_warnings(channel: str, seen: Mapping[int, Formed]) -> list[str]:
    """The first warning of a channel, and how many slices have one."""
    found = [text for position in sorted(seen) for text in seen[position].warnings[:1]]
    if not found:
        return []
    others = f" ({len(found)} of {len(seen)} slices are like this)" if len(found) > 1 else ""
    return [f"{channel}: {found[0]}{others}"]
