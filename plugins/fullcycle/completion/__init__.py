"""Completion on the command line that knows the project, and answers fast.

`words` finds out, at the full price of a start, what can be written, and keeps it in a file;
`answer` looks it up at every TAB, and imports next to nothing for it.
"""
