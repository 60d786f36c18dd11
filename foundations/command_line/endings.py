"""How a command ends that cannot go on: one line on stderr, and a status.

Status 2 is for what was given wrong, be it a flag, a value, a file or a folder;
1 for what went wrong though all of that was right, such as a loss that is no
longer finite, or a full disk; 130 for Ctrl-C.
"""

import errno
import sys
import traceback
import typing

from lottery_ticket.foundations.command_line import terminal

GIVEN, FAILED, STOPPED = 2, 1, 130
_IN_THE_WAY = "a file is where a folder should be. Give another path"
_FORBIDDEN = "not allowed. Give a path where you may read and write"
# Number of an error of the system, which another path mends -> cause and cure.
_OF_PATHS = {
    errno.ENOENT: "there is no such file or folder. Is the path right?",
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EISDIR: "a folder is where a file should be. Give another path",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: _FORBIDDEN,
    errno.ENAMETOOLONG: "the name is too long. Give a shorter one",
}
_CAUSES = {
    **_OF_PATHS,
    errno.ENOSPC: "the disk is full. With more room, the same command goes on",
    errno.EDQUOT: "your quota is used up. With more, the same command goes on",
}


def leave(error: BaseException, hint: str = "") -> typing.NoReturn:
    """Ends the program with what an error says, and then a hint.

    One that is a bug is raised again, with its traceback.
    """
    if not _is_for_users(error):
        raise error
    is_given = isinstance(error, ValueError | FileNotFoundError)
    is_given |= getattr(error, "errno", None) in _OF_PATHS
    status = GIVEN if is_given else FAILED
    leave_with(status, f"Error: {in_words(error)}{hint}")


def leave_with(status: int, text: str) -> typing.NoReturn:
    """Ends the program with a text and a status."""
    terminal.say(text, sys.stderr)
    sys.exit(status)


def in_words(error: BaseException) -> str:
    """Returns what an error says; one of the system, with its cause and cure.

    The system's own words are `[Errno 20] Not a directory: 'results'`.
    """
    if isinstance(error, OSError) and error.strerror and error.filename:
        why = _CAUSES.get(error.errno or 0, error.strerror)
        return f"{error.filename}: {why}"
    return str(error)


def _is_for_users(error):
    """Whether an error is one of ours, or of files; the rest are bugs."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    module = frame.f_globals.get("__name__", "")
    is_ours = module.startswith("lottery_ticket.") or module == "__main__"
    kinds = (ValueError, RuntimeError, FloatingPointError)
    return isinstance(error, OSError) or (is_ours and isinstance(error, kinds))
