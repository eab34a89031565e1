"""Show that the installed package takes from the system none of the libraries that a wheel brings along (Linux)."""

from __future__ import annotations

import sys
from pathlib import Path

import boto3_client_cache

home = Path(boto3_client_cache.__file__).parent.parent
loaded = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
brought = {path for path in loaded if "simdjson" in path or "deflate" in path}
foreign = {path for path in brought if not Path(path).is_relative_to(home)}
print(*(f"loaded {Path(path).relative_to(home)}" for path in sorted(brought - foreign)), sep="\n")
sys.exit(f"loaded from the system: {sorted(foreign)}" if foreign else 0)
