"""Compare a result with the truth: one pass over both, slice by slice, never in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import ParameterError
from core.job import Job
from core.measure.compare_params import CompareParams
from core.measure.compared import (
    Compared,
    GreyCompared,
    LabelsCompared,
    Scores,
    SliceCompared,
    confusion_of,
    labels_of,
    scores_of,
)
from core.measure.curves import Curves, bins_of, curves, even_threshold
from core.measure.overlay import overlay
from core.measure.paired import Counter, Pair, SliceCounts, each_slice, paired
from core.measure.readings import USUAL_SINGLE, Reading
from core.measure.similarity import data_range_of, psnr_db
from core.volume import Array, Volume, VolumeInfo

_THRESHOLDS = "compare two segmentations, or state --prediction-threshold and --truth-threshold"
SIZE_WITHIN = 1e-3  # relative difference of two statements of one voxel size that is no contradiction


@dataclass
class _Totals:
    """Sums over the slices."""

    slices: list[SliceCounts] = field(default_factory=list)
    pairs: dict[tuple[float, float], int] = field(default_factory=dict)
    by_region: dict[float, dict[tuple[float, float], int]] = field(default_factory=dict)
    histograms: dict[float, Array] = field(default_factory=dict)

    def add(self, part: SliceCounts) -> None:
        _add(self.pairs, part.pairs)
        for region, pairs in part.by_region.items():
            _add(self.by_region.setdefault(region, {}), pairs)
        for value, histogram in part.histograms.items():
            known = self.histograms.get(value)
            self.histograms[value] = histogram if known is None else known + histogram
        # What is summed up already would take memory for every slice.
        self.slices.append(
            SliceCounts(part.index, part.pairs, squared_error=part.squared_error, ssim=part.ssim)
        )

    def values(self, place: int) -> set[float]:
        """Values of the prediction (0) or the truth (1)."""
        return {pair[place] for pair in self.pairs}


def _add(total: dict[tuple[float, float], int], part: Mapping[tuple[float, float], int]) -> None:
    for pair, count in part.items():
        total[pair] = total.get(pair, 0) + count


@dataclass(frozen=True)
class Comparison:
    """A finished comparison and what is needed to draw it.

    Attributes
    ----------
    result : Compared
        The numbers.
    """

    result: Compared
    _pair: Pair
    _readings: tuple[Reading, Reading]
    _solid: tuple[float | None, float | None]

    @property
    def overlay_info(self) -> VolumeInfo:
        """Description of the voxels that were compared, with the voxel size that is known."""
        pair = self._pair
        info = pair.truth.info
        if None in info.voxel_nm and pair.prediction.info.voxel_nm != info.voxel_nm:
            info = pair.prediction.info
        return info.with_(shape=(info.shape[0], *pair.shape[1:])).selected(pair.indices)

    def overlay_planes(self, job: Job) -> Iterator[Array]:
        """Colours of every slice that was compared, ndarray of uint8, shape (y, x, 3); see `overlay`.

        Raises
        ------
        ParameterError
            If it is not two phases that were compared.
        """
        if self.result.scores is None:
            raise ParameterError("the overlay shows two phases, solid and pore", remedy=_THRESHOLDS)

        def work(index: int, _job: Job) -> Array:
            masks = [
                reading.mask(self._pair.plane(volume, index), solid)
                for reading, volume, solid in zip(
                    self._readings, (self._pair.prediction, self._pair.truth), self._solid, strict=True
                )
            ]
            return overlay(*masks)

        return each_slice(work, self._pair, job, "Overlay")


def compare(
    prediction: Volume,
    truth: Volume,
    params: CompareParams,
    job: Job,
    *,
    regions: Volume | None = None,
) -> Comparison:
    """Compare every voxel of two volumes.

    Parameters
    ----------
    prediction, truth : Volume
        Of the same shape. Two phases: at most two values each, the greater is solid (a volume of one value
        only is pore if that is 0, else solid), or any values with thresholds.
    params : CompareParams
        What to compare, where, and how values are read.
    job : Job
        Progress and cancelling.
    regions : Volume, optional
        Labels of the same shape; every value, 0 too, is a region that is scored by itself.

    Raises
    ------
    ParameterError
        If shapes differ, a region or slice lies outside, or an option does not fit the type of the voxels.
    VoxelError
        If values cannot be read as phases, with what to do.
    MissingMetadataError
        If only measured slices are asked for and nobody says which these are.
    """
    pair = paired(prediction, truth, regions, params)
    if regions is not None and not params.counts:
        raise ParameterError("regions are scored by phases, and grey images have none", remedy=_THRESHOLDS)
    readings = _readings(prediction, params)
    span = None
    if params.grey:
        span = data_range_of(prediction.info.dtype, truth.info.dtype, params.data_range)
    counter = Counter(pair, readings, params.probabilities, span, params.counts)
    totals = _Totals()
    for part in each_slice(counter, pair, job, "Comparing"):
        totals.add(part)
        if params.counts and not params.labels:
            _solids(readings, totals)  # refuses at once what is not binary
    solid = _solids(readings, totals) if params.counts and not params.labels else (None, None)
    return Comparison(_result(pair, params, totals, solid, readings, span), pair, readings, solid)


def _readings(prediction: Volume, params: CompareParams) -> tuple[Reading, Reading]:
    threshold = params.prediction_threshold
    if params.probabilities and threshold is None:
        threshold = even_threshold(prediction.info.dtype)
    return (
        Reading("prediction", threshold, labels=params.labels),
        Reading("truth", params.truth_threshold, labels=params.labels),
    )


def _solids(readings: tuple[Reading, Reading], totals: _Totals) -> tuple[float | None, float | None]:
    first, second = (reading.solid(totals.values(place)) for place, reading in enumerate(readings))
    return first, second


def _result(
    pair: Pair,
    params: CompareParams,
    totals: _Totals,
    solid: tuple[float | None, float | None],
    readings: tuple[Reading, Reading],
    span: float | None,
) -> Compared:
    def found(pairs: Mapping[tuple[float, float], int]) -> Scores | LabelsCompared:
        return labels_of(pairs) if params.labels else scores_of(confusion_of(pairs, solid))

    whole = found(totals.pairs) if params.counts else None
    return Compared(
        shape_zyx=pair.shape,
        region_zyx=params.region,
        slices=params.slices,
        slices_used=len(pair.indices),
        slices_left_out=pair.left_out,
        agreement=params.agreement,
        solid=_solid_text(readings, solid) if isinstance(whole, Scores) else {},
        scores=whole if isinstance(whole, Scores) else None,
        labels=whole if isinstance(whole, LabelsCompared) else None,
        grey=None if span is None else _grey(pair, totals, span),
        roc=_roc(pair, totals, solid[1]) if params.probabilities else None,
        per_slice=tuple(
            _slice(part, found(part.pairs) if params.counts else None, pair, span) for part in totals.slices
        ),
        regions={f"{region:g}": found(pairs) for region, pairs in sorted(totals.by_region.items())},
        notes=_notes(pair, params, totals, readings, whole),
    )


def _slice(
    part: SliceCounts, found: Scores | LabelsCompared | None, pair: Pair, span: float | None
) -> SliceCompared:
    _, rows, columns = pair.shape
    return SliceCompared(
        index=part.index,
        scores=found if isinstance(found, Scores) else None,
        labels=found if isinstance(found, LabelsCompared) else None,
        psnr=None if span is None else psnr_db(part.squared_error, rows * columns, span),
        ssim=None if span is None else part.ssim,
    )


def _grey(pair: Pair, totals: _Totals, span: float) -> GreyCompared:
    voxels = int(np.prod(pair.shape, dtype=np.int64))
    return GreyCompared(
        psnr=psnr_db(sum(part.squared_error for part in totals.slices), voxels, span),
        ssim=float(np.mean([part.ssim for part in totals.slices])),
        data_range=span,
    )


def _roc(pair: Pair, totals: _Totals, solid: float | None) -> Curves:
    dtype = pair.prediction.info.dtype
    parts = {False: np.zeros(bins_of(dtype), dtype=np.int64), True: np.zeros(bins_of(dtype), dtype=np.int64)}
    for value, histogram in totals.histograms.items():
        parts[value == solid] += histogram
    return curves(parts[False], parts[True], dtype=dtype)


def _solid_text(readings: Sequence[Reading], solid: Sequence[float | None]) -> dict[str, str]:
    texts = {}
    for reading, value in zip(readings, solid, strict=True):
        text = "nothing" if value is None else f"value {value:g}"
        texts[reading.name] = text if reading.threshold is None else f"values above {reading.threshold:g}"
    return texts


def _notes(
    pair: Pair,
    params: CompareParams,
    totals: _Totals,
    readings: tuple[Reading, Reading],
    whole: Scores | LabelsCompared | None,
) -> tuple[str, ...]:
    notes = [*_size_notes(pair)]
    if pair.left_out:
        notes.append(
            f"{len(pair.left_out)} slices were left out, {len(pair.indices)} compared (indices from 0)."
        )
    if isinstance(whole, Scores):
        notes += _single_notes(totals, readings)
    if isinstance(whole, LabelsCompared):
        notes += _label_notes(totals)
    if params.probabilities and np.issubdtype(pair.prediction.info.dtype, np.floating):
        notes.append("The curves of floating-point probabilities are taken from 65536 bins of equal width.")
    if params.grey and all(part.squared_error == 0 for part in totals.slices):
        notes.append("The grey values are identical: PSNR is infinite.")
    return tuple(notes)


def _size_notes(pair: Pair) -> list[str]:
    found = []
    sizes = zip("zyx", pair.prediction.info.voxel_nm, pair.truth.info.voxel_nm, strict=True)
    for axis, first, second in sizes:
        if first is not None and second is not None and abs(first - second) > SIZE_WITHIN * second:
            found.append(f"{axis} {first:.6g} nm and {second:.6g} nm")
    if not found:
        return []
    text = "; ".join(found)
    return [f"Prediction and truth state different voxel sizes ({text}); voxels were compared by index."]


def _single_notes(totals: _Totals, readings: Sequence[Reading]) -> list[str]:
    notes = []
    for place, reading in enumerate(readings):
        values = totals.values(place)
        if reading.threshold is None and len(values) == 1 and not values <= set(USUAL_SINGLE):
            notes.append(
                f"The {reading.name} holds the value {min(values):g} only, which was taken for solid; state "
                f"--{reading.name}-threshold if it is pore."
            )
    return notes


def _label_notes(totals: _Totals) -> list[str]:
    notes = []
    for name, other, place in (("prediction", "truth", 0), ("truth", "prediction", 1)):
        alone = sorted(totals.values(place) - totals.values(1 - place))
        if alone:
            text = ", ".join(f"{value:g}" for value in alone[:10])
            notes.append(f"Labels of the {name} that the {other} does not have: {text}.")
    return notes
