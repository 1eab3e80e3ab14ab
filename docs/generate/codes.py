"""The page of exit codes."""

from __future__ import annotations

from fullcycle import errors

from .markdown import table

INTRO = """# Exit codes

Every command ends with one of these. A command of yours that `operate.run` and `operate.exec` run
keeps the exit code it has.

An unknown task or flag ends with 2 as `fullcycle`, and with 1 as `invoke`: there Invoke itself has
the word. A wrong value of a flag ends with 2 in both."""


def page() -> str:
    """From the errors: each class carries its code, its text says when it is raised."""
    return INTRO + "\n\n" + table(("Code", "Name", "When"), _rows())


def _rows() -> list[tuple[str, str, str]]:
    rows = [("0", "`DONE`", "Everything asked for was done, or was done already.")]
    for each in vars(errors).values():
        if isinstance(each, type) and issubclass(each, errors.FullcycleError):
            code = errors.ExitCode(each.code)
            if each is not errors.FullcycleError:
                rows.append((str(int(code)), f"`{code.name}`", each.__doc__ or ""))
    return rows
