"""The Invoke face: thin tasks that parse flags, call the domain and print.

Nothing heavy is imported at the top of these modules: `invoke --list` loads them all.
"""
