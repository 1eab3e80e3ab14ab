"""What the benchmarks of containers share: an application, load, and the ways to run it.

The images, the Engine and the Swarm are those of the tests.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "tests"))
