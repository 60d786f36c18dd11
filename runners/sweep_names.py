"""What a sweep's runner and argfile are, by the names that users give."""

from lottery_ticket.foundations.sweeps import scripts, steps
from lottery_ticket.runners import commands

# Commands that are no experiment, and may be run line by line.
_OTHER_RUNNERS = ("report", "mask_facts", "download_data")


def argfiles() -> dict[str, str]:
    """Returns dict, name -> script, of our argfiles."""
    found = scripts.modules("lottery_ticket.argfiles").items()
    return {name: each for name, each in found if name.endswith("_argfile")}


def runners() -> list[str]:
    """Returns the names of our commands that can be run line by line."""
    return [*commands.EXPERIMENTS, *_OTHER_RUNNERS]


def argfile(name: str) -> str:
    """Returns the script of an argfile, one of ours or of the user's.

    Raises ValueError if there is none of the name.
    """
    return scripts.find("argfile", name, argfiles())


def runner(name: str) -> scripts.Runner:
    """Returns what runs lines: a command of ours, or a script of the user's.

    Raises ValueError if there is none of the name.
    """
    if name in runners():
        command = commands.find(name)
        return scripts.Runner("lottery_ticket.runners.main", (name,), command)
    known = {each: each for each in runners()}
    script = scripts.find("runner", name, known)
    return scripts.Runner(script, declared=scripts.declared(script))


def sweep(
    runner_or_file: str, argfile_name: str | None, words: list[str]
) -> steps.Sweep:
    """Returns the lines of a sweep, checked, and what runs them.

    Args:
        runner_or_file: Name of a runner, or a sweep file, which names several.
        argfile_name: Name of an argfile; None of a sweep file.
        words: Flags of argfiles.

    Raises:
        ValueError: If both or none of them name argfiles, a name is not known,
            or as `steps.gather`.
    """
    is_whole = steps.is_file(runner_or_file)
    if is_whole != (argfile_name is None) or steps.is_file(argfile_name or ""):
        raise ValueError(
            "A sweep file names its runners and argfiles, and stands alone; a "
            f"runner needs an argfile. Received: {runner_or_file} and "
            f"{argfile_name}"
        )
    if argfile_name is None:
        found = steps.read(runner_or_file, words)
    else:
        found = [steps.Step(runner_or_file, argfile_name, tuple(words))]
    return steps.gather(found, runner, argfile)
