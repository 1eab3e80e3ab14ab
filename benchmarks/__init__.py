"""How fast fullcycle is, as ratios to its peers measured in the same run.

`python -m benchmarks` lists them; `python -m benchmarks NAME --json FILE` runs one.
"""
