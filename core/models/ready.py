"""The chosen network, made ready to look at a stack."""

from __future__ import annotations

from core import machine
from core.block import Block
from core.errors import ParameterError
from core.models.card import Model
from core.models.choice import ProbabilityEstimate, ProbabilityParams, chosen
from core.models.intensity import Levels
from core.models.memory import fingerprint, require_there
from core.models.session import Session, open_session
from core.models.work import Work, cut_for
from core.volume import VolumeInfo


def session_for(model: Model, params: ProbabilityParams, info: VolumeInfo) -> Session:
    """A session of the model for this stack.

    Raises
    ------
    ParameterError
        If only a project knows of the model.
    """
    require_there(model, "probability")
    # Windows of networks along z are computed one after the other, see `core.models.predict`.
    threads = 0 if model.spec.volume else _threads_for(info.shape[0])
    return open_session(model.weights, params.provider, threads)


def _threads_for(slices: int) -> int:
    """Threads of one run of the network.

    Blocks are computed several at once, and one thread for each is as fast as all threads for one after the
    other; a stack of fewer slices than there are processors leaves some to each.
    """
    return max(1, machine.threads() // slices)


def work_for(block: Block, params: ProbabilityParams, estimate: ProbabilityEstimate) -> Work:
    """The network with all that the estimate says of the stack.

    Raises
    ------
    ParameterError
        If it is not the network any more that the estimate was found for.
    """
    model = chosen(params)
    session = session_for(model, params, block.info)
    _require_same(model, params, estimate)  # after the session was opened, so that it is of these weights
    _, y, x = block.info.shape
    return Work(
        session,
        model.spec,
        {wanted: Levels(**found.model_dump()) for wanted, found in estimate.levels.items()},
        estimate.slice_step,
        cut_for(model.spec, model.weights, (y, x), session.provider),
        branches=params.quantity == "disagreement",
        job=block.job,
    )


def _require_same(model: Model, params: ProbabilityParams, estimate: ProbabilityEstimate) -> None:
    """Refuse to go on with other weights than those that the levels were found for.

    Models can be replaced while a run lasts; one result from two networks would be of neither.
    """
    found = fingerprint(params.model)
    if estimate.fingerprint not in ("", found) or not set(model.spec.channels) <= set(estimate.inputs):
        raise ParameterError(
            f"probability: the model {model.name} is another one than when the grey values were looked at",
            expected=estimate.fingerprint[:12] or ", ".join(model.spec.channels),
            got=found[:12],
            remedy="run again; own values of this step (estimate) have to be found anew for another model",
        )
