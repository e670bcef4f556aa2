"""The scripts under eval/ are no package; they import each other by file name, and so do these tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "eval"))
