"""Settings of a training in words, for messages: by the labels of the form, not by the names of the code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

from pydantic import BaseModel

from core.errors import plain

_OTHERS = {"weights": "Number of weights", "structures": "Structures", "format": "Format"}


def settings_text(values: Mapping[str, object], within: Iterable[str] = ()) -> str:
    """Settings by dotted name, as one reads them in the form: ``Optimisation, Learning rate: 0.002``.

    Parameters
    ----------
    values : mapping of str to object
    within : iterable of str
        Parts of the recipe that the names belong to, where they do not say it themselves.
    """
    before = tuple(within)
    return "; ".join(
        f"{label_of((*before, *name.split('.')))}: {plain(value)}" for name, value in values.items()
    )


def label_of(path: Iterable[str]) -> str:
    """The label of a setting of a training, with that of the part it stands in; else its dotted name."""
    from core.learn.params.recipe import TrainingRecipe

    names = tuple(path)
    model: type[BaseModel] | None = TrainingRecipe
    labels = []
    for name in names:
        field = None if model is None else model.model_fields.get(name)
        if field is None:
            return _OTHERS.get(names[0], ".".join(names))
        labels.append(field.title or name)
        model = _model_of(field.annotation)
    return ", ".join(dict.fromkeys(labels))


def _model_of(annotation: object) -> type[BaseModel] | None:
    """The class of a part of the recipe, also of one that may be missing; None for single values."""
    kinds = [annotation, *get_args(annotation)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
