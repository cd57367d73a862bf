"""The text that lies beside a model: what it does, how it was made, how good it is, what it is not for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.models.answer import DEFINITION, told
from core.models.layout import NORMALISATIONS, input_names
from core.models.rdf import summary, title
from core.models.spec import ModelSpec
from core.models.texts import METRICS, CardTexts, Measured


def readme(
    spec: ModelSpec, texts: CardTexts, measured: Sequence[Measured], training: Mapping[str, Any]
) -> str:
    """Markdown with a section *Validation*, which the model zoo asks for."""
    parts = [
        f"# {title(spec, texts)}",
        summary(spec, texts),
        "## Input",
        *_input(spec),
        "## Training",
        spec.trained_on or "Not stated.",
        f"What answers look like: {answers}. {DEFINITION}" if (answers := told(spec.known)) else "",
        "\n".join(f"- {key}: {_shown(value)}" for key, value in training.items()),
        "## Validation",
        *_validation(measured),
        "To validate it on data of your own: segment some slices that you have labelled by hand with "
        f"`trueslice segment STACK --method model:{spec.name} -o OUT.tif`, and compare them with `trueslice "
        "compare OUT.tif LABELS.tif`."
        if spec.task == "segment"
        else "",
        "## Limits",
        spec.limits or "Not stated.",
        "## Licence and references",
        "\n".join(
            [
                f"Licence: {texts.licence or 'not stated'}. By {', '.join(texts.authors)}.",
                *(f"- {text}" for text in texts.cite),
            ]
        ),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _input(spec: ModelSpec) -> Iterator[str]:
    z, y, x = spec.voxel_nm
    yield (
        f"float32; channels in this order: {', '.join(input_names(spec))}. Trained on pixels of {x:g} nm (x) "
        f"and {y:g} nm (y)" + (f" and slices {z:g} nm apart." if spec.slices > 1 or spec.volume else ".")
    )
    yield (
        f"Normalisation `{spec.normalisation}`: "
        + NORMALISATIONS.get(spec.normalisation, "see the program that trained it.")
        + " Trueslice does this by itself; other programs have to be given values that are normalised."
    )
    yield (
        f"Sides in the plane are multiples of {spec.stride} px; a pixel of the result depends on "
        f"{spec.halo_px} px around it."
        + (f" Along z it depends on {spec.halo_slices} slices on each side." if spec.volume else "")
    )
    if spec.weights:
        shares = ", ".join(f"{name} {value:.3g}" for name, value in spec.weights.items())
        yield f"Voting weights: {shares}."


def _validation(measured: Sequence[Measured]) -> Iterator[str]:
    if not measured:
        yield "Not measured yet."
        return
    names = list(dict.fromkeys(name for item in measured for name in item.values))
    lines = [_row(["data", "condition", *names]), _row(["---"] * (2 + len(names)))]
    for item in measured:
        values = [f"{item.values[name]:.4g}" if name in item.values else "" for name in names]
        lines.append(_row([f"{item.data} ({item.role})", item.condition_long or item.condition, *values]))
    yield "\n".join(lines)
    yield "\n".join(f"- {name}: {METRICS[name]}" for name in names if name in METRICS)
    yield "\n".join(dict.fromkeys(item.remark for item in measured if item.remark))


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_shown, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
