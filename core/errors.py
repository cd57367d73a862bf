"""Every error Trueslice raises on purpose, and what each means.

::

    TruesliceError                    base: what happened, what was expected, what was found, what to do
    ├── ParameterError                a parameter is unknown, missing or out of its limits      (ValueError)
    ├── RecipeError                   a recipe is malformed, or its steps do not fit the data   (ValueError)
    ├── ReadError                     an input cannot be read                                   (OSError)
    │   ├── UnsupportedFormatError    no reader knows this file
    │   ├── DamagedFileError          the reader knows the format, the file breaks its promises
    │   ├── IncompleteStackError      slices are missing, repeated, or differ in size or type
    │   └── AmbiguousInputError       several answers are possible: the user has to choose
    ├── MissingMetadataError          a quantity is needed that nobody has stated               (ValueError)
    ├── VoxelError                    the voxels cannot be used: NaN, blank, too many values    (ValueError)
    ├── WriteError                    a result cannot be written                                (OSError)
    ├── NotEnoughMemoryError          refused before starting, with the numbers                 (MemoryError)
    ├── NotEnoughDiskError            refused before starting, with the numbers                 (OSError)
    ├── ProjectError                  a project folder is locked, newer, or contradicts itself
    │   └── InputChangedError         an input file is not the one the project was made from
    ├── MissingExtraError             an optional part of the program is not installed          (ImportError)
    └── StepFailedError               a step raised something unforeseen: which step, which slices

`Cancelled` is not in this tree: the user asking to stop is no failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def plain(value: object) -> str:
    """A value in words: tables and lists without the signs of a programming language."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {plain(each)}" for name, each in value.items()) or "nothing"
    if isinstance(value, list | tuple):
        return ", ".join(plain(each) for each in value) or "nothing"
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


class TruesliceError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    what : str
        What went wrong, naming the file, slice or parameter.
    expected, got : object, optional
        What would have been right, and what was found.
    remedy : str
        What the user can do about it; `usual_remedy` of the kind of error if left out.
    """

    usual_remedy = ""

    def __init__(self, what: str, *, expected: object = None, got: object = None, remedy: str = "") -> None:
        self.what = what
        self.expected = expected
        self.got = got
        self.remedy = remedy or self.usual_remedy
        super().__init__(what)

    def about(self, name: str) -> None:
        """Put the file or step in front of a message that does not name it yet."""
        if name not in str(self):
            self.what = f"{name}: {self.what}"
            self.args = (self.what,)

    def __str__(self) -> str:
        lines = [self.what]
        if self.expected is not None:
            lines.append(f"expected: {plain(self.expected)}")
        if self.got is not None:
            lines.append(f"got: {plain(self.got)}")
        if self.remedy:
            lines.append(f"what to do: {self.remedy}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (Dask); the default reduction drops keyword arguments.
        return (_rebuild, (type(self), self.__dict__.copy()))


def _rebuild(kind: type[TruesliceError], state: dict[str, Any]) -> TruesliceError:
    # Attributes are named like the parameters they came from; what Python itself adds (notes) stays behind.
    return kind(**{name: value for name, value in state.items() if not name.startswith("_")})


class ParameterError(TruesliceError, ValueError):
    """A parameter is unknown, missing or outside its limits."""

    usual_remedy = "correct the value; --help of the command, or the form of the step, says what fits"


class RecipeError(TruesliceError, ValueError):
    """A recipe is malformed, of an unknown version, or does not fit the data."""

    usual_remedy = "correct the recipe, or put it together anew in the window"


class ReadError(TruesliceError, OSError):
    """An input cannot be read."""


class UnsupportedFormatError(ReadError):
    """No reader knows this file, or not this variety of it."""

    usual_remedy = (
        "convert it to a TIFF stack of 8-, 16- or 32-bit grey values with the program that wrote it"
    )


class DamagedFileError(ReadError):
    """The format is known, but the file is truncated or contradicts itself."""

    usual_remedy = "copy the file again from its source, or convert it with the program that wrote it"


class IncompleteStackError(ReadError):
    """Slices are missing, repeated, or differ from the others in size or type.

    `slices` names the offending files or numbers.
    """

    def __init__(self, what: str, *, slices: Sequence[str] = (), **details: Any) -> None:
        super().__init__(what, **details)
        self.slices = tuple(slices)


class AmbiguousInputError(ReadError):
    """Several readings are possible; `choices` lists them for a dialog or a command-line option."""

    def __init__(self, what: str, *, choices: Sequence[str], option: str, **details: Any) -> None:
        super().__init__(what, **details)
        self.choices = tuple(choices)
        self.option = option


class MissingMetadataError(TruesliceError, ValueError):
    """A quantity (usually the voxel size) is needed that neither files nor user have stated."""


class VoxelError(TruesliceError, ValueError):
    """The voxels themselves cannot be used: NaN, all equal where a contrast is needed, not binary."""


class WriteError(TruesliceError, OSError):
    """A result cannot be written to its target."""

    usual_remedy = "choose a folder you may write to, on a disk with space left"


class NotEnoughMemoryError(TruesliceError, MemoryError):
    """Refused before starting: the work needs more memory than there is."""


class NotEnoughDiskError(TruesliceError, OSError):
    """Refused before starting: the results need more disk space than there is."""


class ProjectError(TruesliceError):
    """A project folder is locked, of a newer version, or contradicts itself."""

    usual_remedy = "restore the folder from a copy, or start a new project from the same files and recipe"


class InputChangedError(ProjectError):
    """An input file differs from the one the project was made from."""


class MissingExtraError(TruesliceError, ImportError):
    """An optional part of the program is not installed."""


class StepFailedError(TruesliceError):
    """A step raised an unforeseen error; the message names the step and the slices."""

    usual_remedy = "this is a fault of the program: please report it with the recipe"


class Cancelled(Exception):
    """The user asked to stop; finished blocks are kept."""
