"""Up to date or not: steps whose result is known already are not run again.

The key of a step is a digest of everything its result depends on. It is computed before the step
runs; what the step made is stored under it after it has succeeded, and only then.
"""
