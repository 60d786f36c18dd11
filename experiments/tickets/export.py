r"""Exports a ticket to formats of other programs, and checks each.

lottery-ticket ticket export results/trial1/5/same_init \
    --to=keras,litert,onnx --output_dir=exported
"""

import contextlib
import os
import pathlib
import sys
import tempfile

import attrs

from lottery_ticket.experiments.finished import finished_runs, ticket_settings
from lottery_ticket.experiments.stages import from_recipe
from lottery_ticket.experiments.tickets import ticket_texts
from lottery_ticket.foundations.command_line import terminal
from lottery_ticket.foundations.exports import checked_exports, export_formats
from lottery_ticket.foundations.machine import files, progress
from lottery_ticket.foundations.tickets import ticket_file
from lottery_ticket.foundations.values import names

HEADS = (
    *("format", "{metric}", "ticket", "difference", "bytes", "gzipped"),
    *("ms", "n"),
)
NOTE = """\
difference: largest one of an output to the ticket's, over the test set, as part
of the largest output; ms: median time of one example, of n calls
"""


def export(
    run: str,
    to: tuple[str, ...],
    *,
    output_dir: str = ".",
    data_dir: str | None = None,
    model: str | None = None,
    dataset: str | None = None,
    margin: float = 1.0,
    quiet: bool = False,
) -> None:
    """Exports a ticket to formats of other programs, and checks each.

        ticket export RUN --to=keras,litert

    Each export is loaded by its own runtime and runs over the whole test set.
    Its accuracy, the largest difference of its outputs to the ticket's, its
    size, its size when gzipped and the time of one example are printed. If one
    differs by more than rounding, it is an error, and nothing is left behind.
    An export takes examples as the network does, after the dataset's
    preparation, and computes in float32.

    Args:
        run: Folder of a finished run, such as results/trial1/5/same_init, or
            a ticket's file, NAME.ticket.
        to: Formats, such as keras,onnx, or all: keras, saved_model, litert,
            litert_sparse, litert_int8, onnx. The last needs
            `pip install 'lottery_ticket[export]'`.
        output_dir: Folder to write to. Files are called as the run is, with
            the endings of their formats. Default is the working folder.
        data_dir: Folder of the data, where the run's recipe needs one.
        model: Of a ticket's file, where a network of the user's own is,
            path/to/file.py:function: a ticket holds no code.
        dataset: Of a ticket's file, where data are that have no name here.
        margin: How much worse litert_int8 may be: points of accuracy, percent
            of another metric.
        quiet: Whether to show no progress.

    Raises:
        ValueError: If a format is not known, a file is there already, the run
            is of a network that was given from Python or has several inputs or
            outputs, the data are others, or an export is not what the ticket
            is.
        FileNotFoundError: If there is no such run, or no data.
        RuntimeError: If a package is not installed.
    """
    if not margin >= 0:
        raise ValueError(f"margin must be at least 0. Received: {margin}")
    wanted = _formats(to)
    ticket = finished_runs.read(run, data_dir, model=model, dataset=dataset)
    _check_network(ticket)
    targets = _targets(wanted, ticket.directory, output_dir)
    with _original(ticket) as original, tempfile.TemporaryDirectory() as own:
        found = []
        for name, target in targets.items():
            progress.say(f"Exporting to {name}", quiet)
            place = os.path.join(own, os.path.basename(target))
            found.append(
                checked_exports.write(name, place, original, margin / 100)
            )
        for target in targets.values():
            _move(os.path.join(own, os.path.basename(target)), target)
        terminal.say(_text(found, original.headline), sys.stdout)
    for target in targets.values():
        terminal.say(f"Wrote {target}", sys.stdout)


def _formats(to):
    """Names of formats, each once, all of whose packages are here."""
    found = list(export_formats.FORMATS) if to == ("all",) else to
    for name in found:
        names.check("format", name, export_formats.FORMATS)
        export_formats.check_needs(name)
    if not found or len(set(found)) < len(found):
        raise ValueError(
            f"to must be one or more formats, each of them once. Received: {to}"
        )
    return found


def _targets(wanted, directory, output_dir):
    """Dict, format -> file or folder to write, none of which is there."""
    stem = pathlib.PurePath(directory).name.removesuffix(ticket_file.SUFFIX)
    targets = {
        name: files.join(output_dir, stem + export_formats.FORMATS[name].ending)
        for name in wanted
    }
    for target in targets.values():
        if files.exists(target):
            raise ValueError(
                f"{target} is there already, and is not overwritten. Move it "
                "away, or give another --output_dir"
            )
    return targets


def _check_network(ticket):
    """Raises ValueError unless the ticket's network can be made here."""
    there = ticket.settings if ticket.packed is None else ticket.packed.settings
    if there.get("model") is None:  # As find_ticket's are.
        raise ValueError(
            f"{ticket.directory} is of a network that was given from Python: "
            "lt.load_ticket gives a model, which has Keras's export"
        )
    if ticket.packed is not None:
        ticket_settings.check_said(ticket.directory, there, ticket.settings)


@contextlib.contextmanager
def _original(ticket):
    """The ticket's network, measured, in float32 and without masks."""
    recipe = attrs.evolve(ticket.recipe, dtype="float32", strategy="none")
    from_recipe.forget()
    dataset = from_recipe.dataset(recipe)
    ticket.check_data(dataset)
    model = from_recipe.model(
        recipe, dataset, quiet=True, folders=(ticket.directory,)
    )
    finished_runs.check_network(ticket.directory, ticket.final, model.variables)
    model.reset(presets=ticket.final)
    model.release()
    try:
        yield checked_exports.Original(model, dataset)
    finally:
        from_recipe.forget()


def _move(place, target):
    """Writes a file, or a folder's files, to where they are to be."""
    source = pathlib.Path(place)
    if not source.is_dir():
        files.write(target, source.read_bytes())
        return
    for each in sorted(source.rglob("*"), reverse=True):
        if each.is_file():
            below = each.relative_to(source).parts
            files.write(files.join(target, *below), each.read_bytes())


def _text(found, headline):
    """The numbers of exports as a table."""
    rows = [tuple(head.format(metric=headline.metric) for head in HEADS)]
    for each in found:
        rows.append(
            (
                each.name,
                headline.text(each.value),
                headline.text(each.own_value),
                f"{each.difference:.1e}",
                f"{each.size:,}",
                f"{each.gzipped:,}",
                f"{1000 * each.latency_s:.3g}",
                str(each.timed),
            )
        )
    return "\n".join([ticket_texts.table(rows), "", NOTE])
