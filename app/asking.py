"""The questions of the window, each with what its answers do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.channels import Candidate
from app.dialogs.channels import ChannelsDialog
from app.dialogs.keys import KeysDialog
from app.dialogs.problem import ProblemDialog
from app.dialogs.question import Answer, QuestionDialog
from app.dialogs.raw import RawDialog
from app.keyboard import key_table
from app.opening import Opener, Request
from app.problems import Problem
from app.settings import Settings
from app.theme import Theme
from core.errors import AmbiguousInputError, IncompleteStackError

MOST_NAMED = 12
STACKS = (
    "Stacks and slices (*.tif *.tiff *.btf *.png *.bmp *.jpg *.jpeg *.mrc *.rec *.h5 *.hdf5 *.nrrd *.nhdr "
    "*.mhd *.mha *.nii *.gz *.dat *.raw *.zarr *.toml *.json);;All files (*)"
)
RECIPES = "Recipes (*.toml)"


class Asker:
    """Opens dialogs over the window; none of them waits."""

    def __init__(self, window: QWidget, theme: Theme, settings: Settings) -> None:
        self._window = window
        self._theme = theme
        self._settings = settings

    def problem(self, problem: Problem) -> None:
        """Show an error."""
        self._show(ProblemDialog(problem, self._theme, self._window))

    def choice(self, opener: Opener, request: Request, error: AmbiguousInputError) -> None:
        """Ask which of several readings is meant, and open that."""
        answers = [Answer(choice, choice) for choice in error.choices]
        text = f"{error.what}. Which one do you want?"
        self.question(
            "Several readings are possible",
            text,
            answers,
            lambda choice: opener.open(request.answered(error.option, choice)),
        )

    def reading(self, error: AmbiguousInputError, then: Callable[[object], None]) -> None:
        """Ask which of several readings of a table is meant."""
        answers = [Answer(choice, choice) for choice in error.choices]
        self.question("The table leaves something open", f"{error.what}. Which is meant?", answers, then)

    def odd_slices(self, opener: Opener, request: Request, error: IncompleteStackError) -> None:
        """Ask whether odd slices are to be left out, and open the rest."""
        names = "\n".join(error.slices[:MOST_NAMED])
        rest = len(error.slices) - MOST_NAMED
        more = f"\nand {rest} more" if rest > 0 else ""
        text = f"{error.what}\n\n{names}{more}\n\nThe others keep their place along z."
        leave_out = Answer("Leave them out", True, primary=True)
        self.question(
            "The stack is incomplete",
            text,
            [leave_out],
            lambda _yes: opener.open(request.answered("skip_odd", True)),
        )

    def channels(self, opener: Opener, request: Request, found: tuple[Candidate, ...]) -> None:
        """Ask whether what was dropped together are channels or one stack, and open it so."""
        dialog = ChannelsDialog(found, self._window)
        dialog.named.connect(lambda channels: opener.open(replace(request, channels=channels)))
        dialog.single.connect(lambda: opener.open(replace(request, single=True)))
        self._show(dialog)

    def description(self, opener: Opener, request: Request) -> None:
        """Ask what a file without header holds, and open it so."""
        dialog = RawDialog(request.paths[0], self._window)
        dialog.described.connect(lambda values: opener.open(request.with_options(values)))
        self._show(dialog)

    def add_or_replace(self, opener: Opener, request: Request) -> None:
        """Ask what to do with a second stack."""
        answers = [Answer("Add as a channel", True), Answer("Open instead", False, primary=True)]
        self.question(
            "A stack is open",
            f"Is {request.paths[0].name} another imaging condition of the same slices, or a new stack? What "
            "is open stays in its project.",
            answers,
            lambda adds: opener.open(Request(request.paths, request.options, adds=bool(adds))),
        )

    def stop_and_close(self, then: Callable[[], None]) -> None:
        """Ask whether to stop what is under way and close."""
        answer = Answer("Stop and close", True, primary=True)
        self.question(
            "Work is under way",
            "What is finished is kept: a run can be resumed when its project is opened again, a simulation "
            "or a training when it is started again into its folder.",
            [answer],
            lambda _yes: then(),
        )

    def still_asked(self, what: str, say: Callable[[], None], run: Callable[[], None] | None) -> None:
        """Ask for what a run needs to know; `run` starts it without, where that can be done."""
        text = f"Only you can say: {what}."
        answers = [Answer("Say it now", True, primary=True)]
        if run is not None:
            text += " Without it the run goes on with what is known, and some results stay open."
            answers.insert(0, Answer("Run without it", False))
        self.question(
            "Something is still missing", text, answers, lambda yes: say() if yes or run is None else run()
        )

    def tell(self, heading: str, text: str) -> None:
        """Say something that needs no answer."""
        self._show(QuestionDialog(heading, text, (), self._window, leave="Close"))

    def question(
        self, heading: str, text: str, answers: list[Answer], then: Callable[[object], None]
    ) -> QuestionDialog:
        """Ask; `then` gets the value of the answer."""
        dialog = QuestionDialog(heading, text, answers, self._window)
        dialog.answered.connect(then)
        self._show(dialog)
        return dialog

    def folder(self, title: str, then: Callable[[tuple[Path, ...]], None]) -> None:
        """Let the user choose a folder."""
        dialog = self._file_dialog(title, QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
        self._choose(dialog, then)

    def files(self, title: str, then: Callable[[tuple[Path, ...]], None], kinds: str = STACKS) -> None:
        """Let the user choose one or several files."""
        dialog = self._file_dialog(title, QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilter(kinds)
        self._choose(dialog, then)

    def save_as(self, title: str, name: str, kinds: str, then: Callable[[Path], None]) -> None:
        """Let the user choose where to save."""
        dialog = self._file_dialog(title, QFileDialog.FileMode.AnyFile)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(kinds)
        dialog.selectFile(name)
        self._choose(dialog, lambda paths: then(paths[0]))

    def _file_dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        dialog = QFileDialog(self._window, title, str(self._settings.last_folder))
        dialog.setFileMode(mode)
        return dialog

    def _choose(self, dialog: QFileDialog, then: Callable[[tuple[Path, ...]], None]) -> None:
        def chosen() -> None:
            paths = tuple(Path(file) for file in dialog.selectedFiles())
            self._settings.last_folder = paths[0].parent
            then(paths)

        dialog.accepted.connect(chosen)
        self._show(dialog)

    def show(self, dialog: QDialog) -> None:
        """Open a dialog of another part."""
        self._show(dialog)

    def keys(self) -> None:
        """List the keys."""
        self._show(KeysDialog(key_table(), self._window))

    def _show(self, dialog: QDialog) -> None:
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
