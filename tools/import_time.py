"""Time `import boto3_client_cache` in fresh processes that have imported boto3, and see what it brings along.

python tools/import_time.py [RUNS]      exit status 1 if a package is imported that it does not depend on
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

TARGET_MS = 15

IMPORT = """
import json, sys, time
import boto3
before = set(sys.modules)
start, worked = time.perf_counter(), time.process_time()
import boto3_client_cache
took, worked = time.perf_counter() - start, time.process_time() - worked
print(json.dumps([took * 1000, worked * 1000, sorted(set(sys.modules) - before)]))
"""


def main() -> int:
    """Print the median and the modules that are new, and judge the latter."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    command = [sys.executable, "-c", IMPORT]
    measured = [json.loads(subprocess.check_output(command)) for _ in range(runs + 1)][1:]  # the first warms the caches
    times, processor_times = ([run[index] for run in measured] for index in (0, 1))
    new = measured[0][2]
    own = [name for name in new if name.partition(".")[0] == "boto3_client_cache"]
    packages = {name.partition(".")[0] for name in new} - {"boto3_client_cache"}
    foreign = sorted(packages - sys.stdlib_module_names - {"boto3", "botocore"})
    print(
        f"import boto3_client_cache after import boto3, median of {runs}: {statistics.median(times):.1f} ms", end=", "
    )
    print(f"{statistics.median(processor_times):.1f} of the processor's (target: at most {TARGET_MS})")
    print(f"{len(own)} modules of the package, and: {', '.join(sorted(set(new) - set(own))) or 'no other'}")
    if foreign:
        print(f"imported, and no dependency of the package: {', '.join(foreign)}", file=sys.stderr)
    return bool(foreign)


if __name__ == "__main__":
    sys.exit(main())
