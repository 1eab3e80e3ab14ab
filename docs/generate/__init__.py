"""The reference pages, made from the code: `python -m docs.generate` writes them.

With `--check` nothing is written, and the exit code is 1 when a page no longer says what the code
does.
"""
