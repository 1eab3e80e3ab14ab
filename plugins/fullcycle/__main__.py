"""`python -m fullcycle` is the `fullcycle` command."""

from .program import main

main()
