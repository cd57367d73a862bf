"""How probably each voxel is solid, according to a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from core.align.footprint import require_whole
from core.block import Block, Observation
from core.errors import ParameterError, StepFailedError, TruesliceError, VoxelError
from core.models.choice import ChannelLevels, ProbabilityEstimate, ProbabilityParams, chosen
from core.models.uncertainty import entropy_bits
from core.step import Stage, Step
from core.steps.voxels import inner_planes, require_finite, require_grey
from core.volume import Array, Volume, VolumeInfo

if TYPE_CHECKING:
    from core.job import Job
    from core.models.card import Model
    from core.models.intensity import Levels
    from core.models.work import Prediction, Work

NAME = "probability"


def _fuses(params: ProbabilityParams) -> bool:
    try:
        return len(chosen(params).spec.channels) > 1
    except TruesliceError:
        return False  # `output` says what is wrong


def _identity(params: ProbabilityParams) -> Mapping[str, Any]:
    from core.models.memory import fingerprint

    try:
        return {"model": fingerprint(params.model)}
    except TruesliceError:
        return {}


def _reach(info: VolumeInfo, params: ProbabilityParams) -> int:
    from core.models.fit import slice_step_for
    from core.models.work import reach_of

    try:
        spec = chosen(params).spec
        return reach_of(spec, slice_step_for(spec, info, params.slice_step))
    except TruesliceError:
        return 0  # `output` says what is wrong


def _output(info: VolumeInfo, params: ProbabilityParams) -> VolumeInfo:
    from core.models.fit import paired

    model = chosen(params)
    _require_fitting(info, model, params)
    if len(model.spec.channels) == 1:
        paired(model.spec, [info.channel], force=params.force)
    dtype = np.dtype(np.uint8 if params.depth == 8 else np.uint16)
    return info.with_(dtype=dtype, content="probability" if params.quantity == NAME else "grey")


def _agree(inputs: Mapping[str, VolumeInfo], params: ProbabilityParams) -> None:
    """Refuse channels that are not those of the model, or of which one does not fit it."""
    from core.models.fit import paired

    model = chosen(params)
    for name in paired(model.spec, tuple(inputs), force=params.force).values():
        try:
            _require_fitting(inputs[name], model, params)
        except TruesliceError as error:
            error.about(f"channel {name}")
            raise


def _require_fitting(info: VolumeInfo, model: Model, params: ProbabilityParams) -> None:
    """Refuse a stack that the model cannot be shown; see `core.models.fit`."""
    from core.models.fit import require_ready, slice_step_for

    require_grey(require_whole(info, NAME), NAME)
    if info.content == "probability":
        raise ParameterError(
            "probability: these are the probabilities of a network already; a network looks at grey values",
            expected="grey values",
            got="probabilities",
            remedy="segment them by method threshold (127.5 for 8 bits), or leave out the step before",
        )
    step = slice_step_for(model.spec, info, params.slice_step)
    require_ready(model.spec, info, step, force=params.force)


# ---------------------------------------------------------------------------------- first pass
def _channels(block: Block) -> Mapping[str, Array]:
    return block.peers or {block.info.channel: block.data}


def _observe(block: Block, params: ProbabilityParams) -> Observation:
    from core.models.fit import paired
    from core.models.intensity import added, observe

    channels = _channels(block)
    pairs = paired(chosen(params).spec, tuple(channels), force=params.force)
    count = len(range(*block.inner.indices(block.data.shape[0])))
    per_slice = {"names": np.array([tuple(channels)] * count), "lacking": _lacking(block, params)}
    total: dict[str, Array] = {}
    for place, name in enumerate(pairs.values()):
        planes = inner_planes(replace(block, data=channels[name]), NAME)
        seen = added(observe(plane) for _, plane in planes)
        total |= {f"{place} {key}": counts for key, counts in seen.items()}
        per_slice[f"{place} type"] = np.array([str(channels[name].dtype)] * count)
    return Observation(per_slice, total)


def _lacking(block: Block, params: ProbabilityParams) -> Array:
    """Which slices of a block have a neighbour missing."""
    from core.models.fit import slice_step_for
    from core.models.neighbours import lacking, places_of

    spec = chosen(params).spec
    half = spec.halo_slices if spec.volume else spec.slices // 2
    step = slice_step_for(spec, block.info, params.slice_step)
    return lacking(places_of(block.info), half, step)[block.first : block.numbers.stop][block.inner]


def _estimate(observation: Observation, info: VolumeInfo, params: ProbabilityParams) -> ProbabilityEstimate:
    from core.models import fit
    from core.models.memory import fingerprint
    from core.models.ready import session_for

    model = chosen(params)
    spec = model.spec
    names = tuple(map(str, observation.per_slice["names"][0]))
    pairs = fit.paired(spec, names, force=params.force)
    levels = {wanted: _levels(observation, place, pairs[wanted]) for place, wanted in enumerate(pairs)}
    step = fit.slice_step_for(spec, info, params.slice_step)
    findings = [
        *fit.channel_notes(spec, pairs, names),
        *fit.voxel_findings(spec, info, step),
        *fit.contrast_findings(spec, levels),
        *fit.gap_findings(spec, observation.per_slice["lacking"]),
    ]
    notes = fit.refuse(findings, spec, force=params.force)
    session = session_for(model, params, info)
    return ProbabilityEstimate(
        model=spec.name,
        fingerprint=fingerprint(params.model),
        inputs=pairs,
        levels={wanted: ChannelLevels(**asdict(found)) for wanted, found in levels.items()},
        slice_step=step,
        provider=session.provider,
        fit=(*notes, *session.notes),
    )


def _levels(observation: Observation, place: int, name: str) -> Levels:
    from core.models.intensity import levels_of

    start = f"{place} "
    counts = {key.removeprefix(start): v for key, v in observation.total.items() if key.startswith(start)}
    try:
        return levels_of(counts, np.dtype(str(observation.per_slice[f"{place} type"][0])))
    except VoxelError as error:
        if name:
            error.about(f"channel {name}")
        raise


# ---------------------------------------------------------------------------------- second pass
def _apply(block: Block, params: ProbabilityParams, estimate: ProbabilityEstimate | None) -> Array:
    from core.models.neighbours import places_of
    from core.models.predict import predict_planes
    from core.models.ready import work_for

    if estimate is None:
        raise ValueError("probability needs its estimate")
    channels = _shown(block, estimate)
    work = work_for(block, params, estimate)
    _require_foreseen(work, block.info, params)
    there = block.real or block
    places = places_of(there.info)
    result = np.zeros(block.data.shape, np.uint8 if params.depth == 8 else np.uint16)
    for place in range(*block.inner.indices(len(result))):
        found = predict_planes(work, channels, [place], first=there.first, places=places)
        result[place] = _stored(_quantity(found, params)[0], result.dtype)
    return result


def _shown(block: Block, estimate: ProbabilityEstimate) -> Mapping[str, Array]:
    """The planes that the network is shown, by channel of the model; all values are finite."""
    given = _channels(block)
    channels = {wanted: given[name] for wanted, name in estimate.inputs.items()}
    for planes in channels.values():
        for number, plane in zip(block.numbers, planes, strict=True):
            require_finite(plane, number, NAME)
    return channels


def _require_foreseen(work: Work, info: VolumeInfo, params: ProbabilityParams) -> None:
    """Refuse an estimate, edited by hand, by which the network looks beyond the planes of a block."""
    foreseen = _reach(info, params)
    if work.reach > foreseen:
        raise ParameterError(
            "probability: the slices that the network looks at lie farther off than was foreseen",
            expected=f"at most {foreseen} slices",
            got=work.reach,
            remedy=f"state --slice-step {work.slice_step}",
        )


def _quantity(found: Prediction, params: ProbabilityParams) -> Array:
    if params.quantity == "probability":
        return found.probability
    if params.quantity == "entropy":
        return entropy_bits(found.probability)
    if found.branches is None:
        raise StepFailedError("probability: the network gave no answers of its branches")
    return np.asarray(found.branches.std(axis=1))


def _stored(values: Array, dtype: np.dtype[Any]) -> Array:
    """0-1 as whole numbers of the whole range of a type."""
    return np.asarray((values * np.iinfo(dtype).max + 0.5).astype(dtype))


# ---------------------------------------------------------------------------------- the finished answer
def _review(
    result: Volume, params: ProbabilityParams, estimate: ProbabilityEstimate, job: Job
) -> ProbabilityEstimate:
    """Compare the answer with those of the training, as far as the model says how they were."""
    from core.models.answer import compared

    answer = compared(result, chosen(params).spec, job) if params.quantity == NAME else None
    return estimate.model_copy(update={"answer": answer})


def _unchanged(values: dict[str, Any]) -> dict[str, Any]:
    """Parameters of version 1 mean the same; what they made is made anew."""
    return values


PROBABILITY = Step(
    name=NAME,
    version=2,  # slices that were dropped are no longer closed up
    label="Probability",
    stage=Stage.SEGMENT,
    summary="Ask a network how probably each voxel is solid; what shines through is told apart by its looks.",
    params=ProbabilityParams,
    apply=_apply,
    reach=_reach,
    output=_output,
    observe=_observe,
    estimate=_estimate,
    estimate_type=ProbabilityEstimate,
    review=_review,
    fuses=_fuses,
    agree=_agree,
    identity=_identity,
    model=lambda params: params.model,
    bytes_per_pixel=64,
    reference="Articles I and III of the thesis: networks trained on simulated acquisitions",
    migrations={1: _unchanged},
)

__all__ = ["PROBABILITY", "ProbabilityEstimate", "ProbabilityParams"]
