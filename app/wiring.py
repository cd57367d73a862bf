"""Which signal of which part goes where."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.guided import connect_guide
from app.opening import Request
from core.step import Stage

TOLD_MS = 8000
TRANSFORMS = "Transforms (*.json)"
TABLES = "Tables and logs (*.csv *.tsv *.txt *.xml *.log);;All files (*)"

if TYPE_CHECKING:
    from app.main_window import MainWindow
    from core.execute import ChannelReport


def connect_panels(window: MainWindow) -> None:
    """Connect everything once, when the window is made."""
    _connect_opening(window)
    _connect_recipe(window)
    connect_guide(window)
    _connect_views(window)
    _connect_measures(window)
    _connect_alignment(window)
    _connect_running(window)
    program = window.program
    program.problems.occurred.connect(window.asker.problem)
    window.closer.confirmation_needed.connect(lambda: window.asker.stop_and_close(window.closer.confirm))
    window.closer.waiting.connect(
        lambda: window.statusBar().showMessage("Closing when the last job has ended …")
    )


def open_paths(window: MainWindow, paths: tuple[Path, ...]) -> None:
    """Open what was dropped or chosen; asks first when a stack would take the place of another."""
    request = Request(paths)
    recipe = len(paths) == 1 and paths[0].suffix.lower() == ".toml"
    shown = next((tool for tool in window.tools.values() if tool.shown), None)
    if shown is not None and shown.takes(paths):
        return
    if window.program.session.inputs and not recipe:
        window.asker.add_or_replace(window.program.opener, request)
    else:
        window.program.opener.open(request)


def _connect_opening(window: MainWindow) -> None:
    program, asker, empty = window.program, window.asker, window.empty
    opener, session = program.opener, program.session
    opener.choice_needed.connect(lambda request, error: asker.choice(opener, request, error))
    opener.odd_slices.connect(lambda request, error: asker.odd_slices(opener, request, error))
    opener.channels_unclear.connect(lambda request, found: asker.channels(opener, request, found))
    opener.description_needed.connect(lambda request: asker.description(opener, request))
    opener.recipe_found.connect(session.load)
    opener.opened.connect(lambda _paths: empty.show_recent(program.settings.recent()))
    empty.open_folder.connect(window.acts["open-folder"].trigger)
    empty.open_files.connect(window.acts["open-files"].trigger)
    empty.open_sample.connect(window.acts["open-sample"].trigger)
    empty.simulate.connect(window.acts["simulate"].trigger)
    empty.open_recent.connect(lambda paths: open_paths(window, paths))
    window.drops.dropped.connect(lambda paths: open_paths(window, paths))
    window.drops.hovering.connect(empty.highlight)
    window.importing.reread.connect(opener.reread)
    session.inputs_changed.connect(window.leave_tools)


def _connect_recipe(window: MainWindow) -> None:
    session, inspector, rail = window.program.session, window.inspector, window.rail
    rail.chosen.connect(inspector.show_stage)
    inspector.stage_shown.connect(rail.choose)
    window.stage.added.connect(session.add)
    window.recipe.list.itemClicked.connect(lambda _item: inspector.show_chosen())
    session.marks_changed.connect(window.commands.refresh_rail)
    for signal in (session.recipe_changed, session.chosen_changed, session.inputs_changed):
        signal.connect(window.commands.refresh)
    for signal in (session.draft_changed, session.project_changed):
        signal.connect(window.commands.refresh)
    session.undo.indexChanged.connect(lambda _index: window.commands.refresh())


def _connect_views(window: MainWindow) -> None:
    program, views, shower = window.program, window.views, window.shower
    previewer, session, step = program.previewer, program.session, window.step
    views.slices.cursor_changed.connect(shower.moved)
    shower.shown_volume.connect(views.set_volume)
    shower.explained.connect(step.say)
    views.failed.connect(lambda error: program.problems.report(error, "opening the 3D view"))
    views.refused.connect(lambda error: program.problems.report(error, "saving from the 3D view"))
    views.saved.connect(lambda path: window.statusBar().showMessage(f"Saved as {path}", TOLD_MS))
    views.shown.connect(window.commands.views_shown)
    previewer.failed.connect(step.show_refusal)
    previewer.ready.connect(step.show_preview)
    previewer.busy.connect(lambda busy: step.say("Preview …" if busy else ""))
    window.measures.slice_chosen.connect(session.show_slice)


def _connect_measures(window: MainWindow) -> None:
    measuring, views, shower = window.program.measuring, window.views, window.shower
    reporter = window.program.reporter
    window.measures.input_slice = shower.input_slice
    window.measures.recipe_of_subject = lambda: shower.recipe_of_measurable
    reporter.busy.connect(window.measures.show_saving)
    reporter.saved.connect(window.exports.add)
    reporter.saved.connect(lambda _report: window.docks["exports"].raise_())
    shower.measurable.connect(measuring.set_subject)
    measuring.region_changed.connect(views.set_region)
    measuring.region_changed.connect(lambda region: window.acts["region"].setChecked(region is not None))
    views.slices.region_changed.connect(measuring.set_region)
    measuring.tint_changed.connect(lambda tint: views.set_tint(tint, more=measuring.way != "none"))
    measuring.way_changed.connect(window.commands.way_shown)


def _connect_alignment(window: MainWindow) -> None:
    program, panel, asker = window.program, window.alignment, window.asker
    aligning, shower = program.aligning, window.shower
    shower.placed.connect(window.overlays.place)
    panel.slice_chosen.connect(program.session.show_slice)
    panel.neighbours_toggled.connect(shower.show_neighbours)
    panel.neighbours_toggled.connect(window.views.slices.blink)
    for run in (panel.run_wanted, window.step.run_to):
        run.connect(window.acts["run-to"].trigger)
    aligning.choice_needed.connect(asker.reading)
    aligning.told.connect(lambda text: window.statusBar().showMessage(text, TOLD_MS))
    panel.save_transforms.connect(
        lambda subject: asker.save_as(
            "Save the transforms", "transforms.json", TRANSFORMS, partial(aligning.save_transforms, subject)
        )
    )
    panel.load_transforms.connect(
        lambda subject: asker.files(
            "Load transforms", lambda paths: aligning.load_transforms(subject, paths[0]), TRANSFORMS
        )
    )
    panel.save_table.connect(
        lambda subject: asker.save_as(
            "Save the thicknesses", "thickness.csv", TABLES, partial(aligning.save_table, subject)
        )
    )
    panel.compare.connect(
        lambda subject: asker.files(
            "Compare with a table", lambda paths: aligning.compare(subject, paths[0]), TABLES
        )
    )
    panel.use_table.connect(
        lambda subject: asker.files(
            "Use a table of thicknesses", lambda paths: aligning.use_table(subject, paths[0]), TABLES
        )
    )


def _connect_running(window: MainWindow) -> None:
    runner, panel, acts = window.program.runner, window.running, window.acts
    runner.started.connect(lambda task: panel.follow(task, window.program.paces.whole))
    runner.started.connect(lambda _task: window.docks["run"].raise_())
    runner.started.connect(lambda _task: window.commands.refresh())
    runner.ended.connect(window.commands.refresh)
    runner.succeeded.connect(lambda reports: _show_outcome(window, reports))
    panel.run.connect(acts["run"].trigger)
    panel.run_to.connect(acts["run-to"].trigger)
    panel.stop.connect(acts["stop"].trigger)


def _show_outcome(window: MainWindow, reports: Mapping[str, ChannelReport]) -> None:
    if any(report.files for report in reports.values()):
        shown = "exports"
    else:
        session, subject = window.program.session, window.program.aligning.subject()
        measured = any(entry.step.stage is Stage.MEASURE for entry in session.recipe.steps)
        aligned = subject is not None and (subject.index == session.chosen or not measured)
        shown = "alignment" if aligned else "measures"
    window.docks[shown].raise_()
