"""Beam and physics of simulated electrons as the command line states them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import get_args

from core.options import limits_text, option_of, read_options, shown
from core.params import Params, hint
from core.simulate.electrons.conditions import Beam, Physics


def add_beam(parser: argparse.ArgumentParser, names: Sequence[str]) -> None:
    """Add an option for these parameters of the beam."""
    _add(parser.add_argument_group("beam"), Beam, names)


def read_beam(parsed: argparse.Namespace) -> Beam:
    """The beam that was asked for.

    Raises
    ------
    ParameterError
        Naming what is outside its limits.
    """
    return read_options(parsed, Beam, owner="beam")


def add_physics(parser: argparse.ArgumentParser) -> None:
    """Add ``--elastic``, ``--inelastic-deflection on|off`` and ``--cut-off-ev``."""
    group = parser.add_argument_group("physics")
    _add(group, Physics, ("elastic", "inelastic_deflection", "cut_off_ev"))


def read_physics(parsed: argparse.Namespace) -> Physics:
    """The physics that was asked for.

    Raises
    ------
    ParameterError
        Naming what is outside its limits.
    """
    return read_options(parsed, Physics, owner="physics")


def _add(group: argparse._ArgumentGroup, params: type[Params], names: Sequence[str]) -> None:
    for name in names:
        field = params.model_fields[name]
        words = ("on", "off") if field.annotation is bool else tuple(map(str, get_args(field.annotation)))
        default = {True: "on", False: "off"}.get(field.default) if field.annotation is bool else None
        notes = [hint(field, "unit", ""), limits_text(field), f"default: {default or shown(field.default)}"]
        text = f"{field.description} ({', '.join(note for note in notes if note)})"
        group.add_argument(
            option_of(name),
            dest=f"{params.__name__}.{name}",
            default=argparse.SUPPRESS,
            help=text.replace("%", "%%"),
            **({"choices": words} if words else {"metavar": "VALUE"}),
        )
