"""A model's description in the format of the BioImage Model Zoo, and YAML 1.2 in and out."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from core import __version__
from core.errors import DamagedFileError, ReadError
from core.models.answer import DEFINITION, states_answers, told
from core.models.layout import BRANCHES, INPUT, NORMALISATIONS, OUTPUT, input_names, least_px
from core.models.spec import ModelSpec
from core.models.texts import METRICS, CardTexts, Measured

FORMAT = "0.5.7"
FILE_NAMES = ("rdf.yaml", "bioimageio.yaml", "model.yaml")
OWN = "trueslice"
"""Our part of the card: ``config.trueslice``."""

_MOST_BYTES = 1 << 20
_DOI = re.compile(r"\b(10\.\d{4,9}/\S+?)[.\s]*$")
_TASKS = {"segment": "semantic-segmentation", "fill": "inpainting", "upscale": "super-resolution"}
_ADDRESS = re.compile(r"https?://\S+")
_NOWHERE = "https://trueslice.invalid/"
"""Stands for data that are made by the program and lie nowhere; the format demands an address."""
_TRAINING = (
    "training_preprocessing",
    "training_epochs",
    "training_batch_size",
    "initial_learning_rate",
    "learning_rate_schedule",
    "loss_function",
    "loss_function_kwargs",
    "optimizer",
    "optimizer_kwargs",
    "regularization",
    "training_duration",
)
"""What the format has fields for; all of it, and the rest, stands in ``config.trueslice``."""


def description(
    spec: ModelSpec,
    texts: CardTexts,
    measured: Sequence[Measured],
    training: Mapping[str, Any],
    *,
    files: Mapping[str, str],
    opset: int,
    when: datetime,
) -> dict[str, Any]:
    """The whole card as plain values.

    Parameters
    ----------
    files : mapping of str to str
        SHA-256 by name: ``weights.onnx``, ``test_input.npy``, ``test_output.npy``, ``README.md``,
        ``cover.png``, and ``test_branches.npy`` where there are branches.
    opset : int
        Of the ONNX file.
    when : datetime
        Time of the card.
    """
    card: dict[str, Any] = {
        "format_version": FORMAT,
        "type": "model",
        "name": title(spec, texts),
        "description": summary(spec, texts),
        "authors": [{"name": name.replace("/", "-")} for name in texts.authors],
        **({"license": texts.licence} if texts.licence else {}),
        "version": str(spec.version),
        "timestamp": when.isoformat(timespec="seconds"),
        "documentation": _file("README.md", files),
        "covers": ["cover.png"],
        "tags": _tags(spec),
        "cite": [entry for text in texts.cite if (entry := _citation(text))],
        "inputs": [_input(spec, files)],
        "outputs": [_output(spec, OUTPUT, "test_output.npy", ("solid",), files)],
        "weights": {"onnx": {**_file("weights.onnx", files), "opset_version": opset}},
        "config": {
            "bioimageio": _bioimageio(spec, texts, measured, training),
            OWN: {
                "written_by": f"Trueslice {__version__}",
                "model": spec.model_dump(mode="json"),
                "normalisation": NORMALISATIONS.get(spec.normalisation, spec.normalisation),
                **({"answers": DEFINITION} if states_answers(spec.known) else {}),
                "training": dict(training),
                "measured": [item.model_dump(mode="json") for item in measured],
            },
        },
    }
    if spec.branches:
        card["outputs"].append(_output(spec, BRANCHES, "test_branches.npy", spec.channels, files))
    return card


def title(spec: ModelSpec, texts: CardTexts) -> str:
    """Title of the card; letters, digits and a few signs only, as the format wants it."""
    return texts.title or f"Trueslice {re.sub(r'[^a-z0-9_-]', '-', spec.name)}"


def summary(spec: ModelSpec, texts: CardTexts) -> str:
    """One or two sentences on what the model does."""
    doing = {"segment": "Tells solid from pore", "fill": "Fills gaps between slices", "upscale": "Refines"}
    made = f"{doing[spec.task]} in FIB-SEM slices ({', '.join(spec.channels)}). {spec.trained_on}".strip()
    return (texts.description or made)[:1024]


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises
    ------
    ReadError
        If it cannot be read.
    DamagedFileError
        If it is no YAML, too long, or holds something else.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        with file.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ReadError(f"cannot read {file}: {error.strerror or error}") from error
    fault = f"longer than {_MOST_BYTES} bytes" if len(data) > _MOST_BYTES else ""
    try:
        value = None if fault else YAML(typ="safe", pure=True).load(data.decode("utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        value, fault = None, " ".join(str(error).split())[:300]
    if not isinstance(value, dict):
        raise DamagedFileError(f"{file} is no card of a model", expected="a YAML mapping", got=fault or value)
    return value


def yaml_text(value: Mapping[str, Any]) -> str:
    """YAML 1.2, keys in the order given."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # keeps the order
    stream = io.StringIO()
    yaml.dump(dict(value), stream)
    return stream.getvalue()


def _file(name: str, files: Mapping[str, str]) -> dict[str, str]:
    return {"source": name, "sha256": files[name]}


def _tags(spec: ModelSpec) -> list[str]:
    task = {"segment": "semantic-segmentation", "fill": "inpainting", "upscale": "super-resolution"}[
        spec.task
    ]
    return ["fib-sem", "electron-microscopy", "materials", "3d" if spec.volume else "2d", task, "trueslice"]


def _citation(text: str) -> dict[str, str]:
    """A reference with its DOI or web address; empty without either, which the format does not allow."""
    if doi := _DOI.search(text):
        return {"text": text, "doi": doi[1]}
    return {"text": text, "url": address[0]} if (address := _ADDRESS.search(text)) else {}


def _space(spec: ModelSpec) -> list[tuple[str, float, int]]:
    """Axes in space with voxel and halo."""
    z, y, x = spec.voxel_nm
    plane = [("y", y, spec.halo_px), ("x", x, spec.halo_px)]
    return [("z", z, spec.halo_slices), *plane] if spec.volume else plane


def _input(spec: ModelSpec, files: Mapping[str, str]) -> dict[str, Any]:
    names = input_names(spec)
    apart = f"slices {spec.voxel_nm[0]:g} nm apart" if spec.slices > 1 else "one slice"
    axes: list[dict[str, Any]] = [
        {"type": "batch", "size": 1},
        {"type": "channel", "channel_names": list(names), "description": f"by imaging condition; {apart}"},
    ]
    for name, scale, _ in _space(spec):
        size = spec.slices if name == "z" else {"min": least_px(spec), "step": spec.stride}
        axes.append({"type": "space", "id": name, "size": size, "unit": "nanometer", "scale": scale})
    return {
        "id": INPUT,
        "description": f"Grey values normalised by the rule '{spec.normalisation}' (see README.md)."[:128],
        "axes": axes,
        "data": {"type": "float32", "range": [None, None], "unit": "arbitrary unit"},
        "preprocessing": [{"id": "ensure_dtype", "kwargs": {"dtype": "float32"}}],
        "test_tensor": _file("test_input.npy", files),
    }


def _output(
    spec: ModelSpec, name: str, file: str, channels: Sequence[str], files: Mapping[str, str]
) -> dict[str, Any]:
    axes: list[dict[str, Any]] = [
        {"type": "batch", "size": 1},
        {"type": "channel", "channel_names": list(channels)},
    ]
    for axis, scale, halo in _space(spec):
        space = {
            "type": "space",
            "id": axis,
            "size": {"tensor_id": INPUT, "axis_id": axis, "offset": 0},
            "unit": "nanometer",
            "scale": scale,
        }
        if halo and not (axis == "z" and 2 * halo >= spec.slices):
            space["halo"] = halo
        axes.append(space)
    share = spec.task == "segment"
    return {
        "id": name,
        "description": "Probability of solid, 0-1." if share else "Result of the network.",
        "axes": axes,
        "data": {"type": "float32", "range": [0.0, 1.0] if share else [None, None], "unit": "arbitrary unit"},
        "test_tensor": _file(file, files),
    }


def _bioimageio(
    spec: ModelSpec, texts: CardTexts, measured: Sequence[Measured], training: Mapping[str, Any]
) -> dict[str, Any]:
    limits = spec.limits or "Not stated."
    found: dict[str, Any] = {
        "modality": "focused ion beam scanning electron microscopy",
        "target_structure": ["solid phase of a porous material"],
        "task": _TASKS[spec.task],
        "out_of_scope_use": limits,
        "bias_risks_limitations": {"limitations": limits, **_recommended(spec)},
        "reproducibility_tolerance": [{"relative_tolerance": 1e-3, "absolute_tolerance": 1e-4}],
        "training": {key: value for key, value in training.items() if key in _TRAINING},
        "evaluations": _evaluations(measured),
    }
    if texts.architecture:
        found["architecture_type"] = texts.architecture[:32]
        found["architecture_description"] = texts.architecture
    return found


def _recommended(spec: ModelSpec) -> dict[str, str]:
    """By what its users can tell that data are unlike those of the training."""
    answers = told(spec.known)
    return {"recommendations": f"Compare your results with its own: {answers}."} if answers else {}


def _evaluations(measured: Sequence[Measured]) -> list[dict[str, Any]]:
    """One for each data set: conditions are its columns, measures its rows."""
    groups: dict[tuple[Any, ...], list[Measured]] = {}
    for item in measured:
        groups.setdefault((item.data, item.role, item.source), []).append(item)
    found = []
    for (data, role, source), items in groups.items():
        metrics = list(dict.fromkeys(name for item in items for name in item.values))
        evaluation = {
            "dataset_id": data,
            "dataset_source": source or _NOWHERE + data,
            "dataset_role": role,
            "sample_count": sum(item.samples for item in items),
            "evaluation_factors": [item.condition for item in items],
            "evaluation_factors_long": [item.condition_long or item.condition for item in items],
            "metrics": [name[:16] for name in metrics],
            "metrics_long": [METRICS.get(name, name) for name in metrics],
            "results": [[item.values.get(name, "not measured") for item in items] for name in metrics],
        }
        remarks = " ".join(dict.fromkeys(item.remark for item in items if item.remark))
        found.append(evaluation | ({"results_summary": remarks} if remarks else {}))
    return found
