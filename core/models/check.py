"""Before a model is trusted: is it ONNX, does it do what its card says, and can it be cut into tiles?"""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import Cancelled, DamagedFileError, ReadError, TruesliceError
from core.files import sha256
from core.job import Job
from core.models.card import Model
from core.models.graph import Graph, largest_bytes, read_graph
from core.models.layout import input_names, input_shape, least_px, output_shapes
from core.models.probing import STRIDES, Probe, fits_stride, reach_px, reach_slices
from core.models.rdf import FILE_NAMES, read_yaml
from core.models.sample import Floats
from core.models.session import Session, open_session
from core.models.spec import ModelSpec
from core.models.structure import blunt

SECONDS = 120.0
_MOST_TENSOR_BYTES = 1 << 30
_MOST_TEST_BYTES = 64 << 20
_PLAIN_PX = 64


@dataclass
class CheckReport:
    """What was found.

    Attributes
    ----------
    errors : list of str
        Why the model cannot be used.
    warnings : list of str
        What to be careful about.
    facts : dict
        ``bytes, opset, operators, input, outputs, type``; measured: ``stride, halo_px, halo_slices, range``.
    """

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the model can be used."""
        return not self.errors

    def require(self, name: str) -> None:
        """Refuse a model with errors.

        Raises
        ------
        DamagedFileError
            With all of them.
        """
        if self.errors:
            raise DamagedFileError(
                f"{name} cannot be used as a model: {'; '.join(self.errors)}",
                expected="an ONNX network of one image tensor that gives one probability per pixel",
                remedy="export the network again; docs/models.md says how",
            )


class _Bound(threading.Event):
    """Set when the user stops, or when the time is up."""

    def __init__(self, user: threading.Event, seconds: float) -> None:
        super().__init__()
        self.user, self.end = user, time.monotonic() + seconds

    def is_set(self) -> bool:
        return self.user.is_set() or time.monotonic() > self.end


def check_model(
    path: Path, spec: ModelSpec | None = None, job: Job | None = None, *, seconds: float = SECONDS
) -> CheckReport:
    """Check an ONNX file, alone or against what its card says.

    Nothing is run but onnxruntime on the processor, on small images, and for a limited time.

    Parameters
    ----------
    path : Path
    spec : ModelSpec, optional
        Without it, stride and halo are measured.
    seconds : float
        Time after which running it is given up.

    Raises
    ------
    ReadError
        If the file cannot be read.
    Cancelled
        If the user asks to stop.
    """
    job = job or Job()
    graph = read_graph(path)
    report = CheckReport(graph.errors, graph.warnings, graph.facts)
    if spec is not None and not report.errors:
        _compare(graph, spec, report)
    if report.errors:
        return report
    bound = Job(stop=_Bound(job.stop, seconds))
    try:
        _run_it(path, graph, spec, report, bound)
    except Cancelled:
        job.check()
        report.errors.append(f"running it on small images took more than {seconds:g} s")
    except TruesliceError as error:
        report.errors.append(error.what)
    return report


def check_folder(model: Model, job: Job | None = None) -> CheckReport:
    """Check a model with its card: checksum, test tensors, and all that `check_model` does."""
    job = job or Job()
    found = sha256(model.weights, job)
    report = check_model(model.weights, model.spec, job)
    report.warnings += model.notes
    report.facts["sha256"] = found
    if model.sha256 and found != model.sha256:
        report.errors.append("the weights are not those that the card names (checksum)")
    if report.ok:
        try:
            _repeat(model, report, job)
        except (ReadError, TruesliceError) as error:
            report.errors.append(error.what)
    return report


def _compare(graph: Graph, spec: ModelSpec, report: CheckReport) -> None:
    rank, names = 5 if spec.volume else 4, input_names(spec)
    if graph.rank != rank:
        report.errors.append(f"its input has {graph.rank} axes, its card says {rank}")
    elif graph.inputs != len(names):
        report.errors.append(
            f"it has {graph.inputs} input channels, expected {len(names)}: "
            f"{len(spec.channels)} conditions ({', '.join(spec.channels)})"
            + ("" if spec.volume else f" x {spec.slices} slices")
        )
    outputs = len(graph.proto.graph.output)
    if outputs != 1 + spec.branches:
        report.errors.append(f"it has {outputs} outputs, its card says {1 + spec.branches}")


def _run_it(path: Path, graph: Graph, spec: ModelSpec | None, report: CheckReport, job: Job) -> None:
    side = _PLAIN_PX if spec is None else max(_PLAIN_PX, least_px(spec))
    side = side if spec is None else -(-side // spec.stride) * spec.stride
    depth = () if graph.rank == 4 else (16 if spec is None else spec.slices,)
    shape = (1, graph.inputs, *depth, side, side) if spec is None else input_shape(spec, side, side)
    needed = largest_bytes(graph.proto, shape)
    if needed > _MOST_TENSOR_BYTES:
        report.errors.append(f"an image of {side} x {side} pixels needs a tensor of {needed >> 20} MiB")
        return
    session = open_session(path, "cpu")
    _values(session, shape, spec, report, job)
    if report.errors:
        return
    probe = Probe(lambda x: _joined(session, x, job), graph.inputs, depth[0] if depth else None)
    with tempfile.TemporaryDirectory(prefix="trueslice-check-") as folder:
        file = Path(folder) / "blunt.onnx"
        file.write_bytes(blunt(graph.proto).SerializeToString())
        keen = open_session(file, "cpu")
        exact = replace(probe, run=lambda x: _joined(keen, x, job), exact=True)
        if spec is None:
            _measure(probe, exact, report)
        else:
            _verify(probe, exact, spec, report)


def _joined(session: Session, images: Floats, job: Job) -> Floats:
    first, second = session.run(images, job)
    return first if second is None else np.concatenate([first, second], axis=1)


def _values(
    session: Session, shape: tuple[int, ...], spec: ModelSpec | None, report: CheckReport, job: Job
) -> None:
    """Finite values of the right shape, and probabilities if they are to be."""
    noise = np.random.default_rng(0).uniform(-3, 3, shape).astype(np.float32)
    least, most = np.inf, -np.inf
    for images in (np.zeros(shape, np.float32), noise):
        found = [values for values in session.run(images, job) if values is not None]
        wanted = ((shape[0], 1, *shape[2:]),) if spec is None else output_shapes(spec, shape)
        for values, expected in zip(found, wanted, strict=False):
            if values.shape != expected:
                report.errors.append(f"images {shape} give {values.shape}, expected {expected}")
                return
            if not np.isfinite(values).all():
                report.errors.append("it gives values that are not finite")
                return
            least, most = min(least, float(values.min())), max(most, float(values.max()))
    report.facts["range"] = [least, most]
    if (spec is None or spec.task == "segment") and (least < -1e-4 or most > 1 + 1e-4):
        text = f"it gives values from {least:.3g} to {most:.3g}, no probabilities: end it with a sigmoid"
        (report.warnings if spec is None else report.errors).append(text)


def _measure(probe: Probe, exact: Probe, report: CheckReport) -> None:
    """Stride and halo of a file without a card."""
    reach = reach_px(exact, max(STRIDES), 0)
    if reach is None:
        report.errors.append("each pixel depends on the whole image: it cannot be cut into tiles")
        return
    stride = next((value for value in STRIDES if not fits_stride(probe, value, reach)), 0)
    if not stride:
        report.errors.append(f"images cannot be cut at multiples of any of {STRIDES} pixels")
        return
    report.facts |= {"stride": stride, "halo_px": reach_px(exact, stride, reach) or reach}
    if probe.depth is not None:
        report.facts["halo_slices"] = reach_slices(exact)


def _verify(probe: Probe, exact: Probe, spec: ModelSpec, report: CheckReport) -> None:
    """Stride and halo as the card says; what is too weak to be seen is only warned of."""
    reach = reach_px(probe, spec.stride, spec.halo_px)
    farthest = reach_px(exact, spec.stride, spec.halo_px)
    report.facts["halo_px"] = farthest
    if reach is None or reach > spec.halo_px:
        seen = "the whole image" if reach is None else f"{reach} px"
        report.errors.append(
            f"a pixel depends on {seen} around it, its card says {spec.halo_px} px: results would depend on "
            "the tiles"
        )
        return
    fault = fits_stride(probe, spec.stride, spec.halo_px)
    if fault:
        report.errors.append(f"images cannot be cut at multiples of {spec.stride} px: {fault}")
        return
    report.facts["stride"] = spec.stride
    if farthest is None or farthest > spec.halo_px:
        seen = "the whole image" if farthest is None else f"{farthest} px"
        report.warnings.append(
            f"a pixel may depend on {seen} around it, its card says {spec.halo_px} px; in noise it is "
            f"{reach} px"
        )
    if spec.volume:
        report.facts["halo_slices"] = reach_slices(probe)
        if report.facts["halo_slices"] > spec.halo_slices:
            report.errors.append(
                f"it depends on {report.facts['halo_slices']} slices on each side, its card says "
                f"{spec.halo_slices}"
            )


def _repeat(model: Model, report: CheckReport, job: Job) -> None:
    """Whether the test tensors of the card come out again."""
    card = read_yaml(next(model.folder / name for name in FILE_NAMES if (model.folder / name).is_file()))
    tensors = [*card.get("inputs", []), *card.get("outputs", [])]
    names = [str((tensor.get("test_tensor") or {}).get("source") or "/") for tensor in tensors]
    if not all(Path(name).name == name for name in names):
        report.warnings.append("its card has no test tensors beside it")
        return
    given, *expected = (_tensor(model.folder / name) for name in names)
    found = [values for values in open_session(model.weights, "cpu").run(given, job) if values is not None]
    apart = max(
        float(np.abs(a - b).max()) if a.shape == b.shape else np.inf
        for a, b in zip(found, expected, strict=False)
    )
    report.facts["test_difference"] = apart
    if apart > 1e-3:
        report.errors.append(f"the test results of its card are missed by {apart:.2g}")


def _tensor(file: Path) -> Floats:
    try:
        if file.stat().st_size > _MOST_TEST_BYTES:
            raise ReadError(f"{file.name} is too large for a test tensor")
        return np.asarray(np.load(file, allow_pickle=False), dtype=np.float32)
    except (OSError, ValueError, EOFError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"cannot read {file.name}: {error}") from error
