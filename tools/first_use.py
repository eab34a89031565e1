"""Do what the README says, letter for letter: install the wheels in dist/ into an environment, run the first example.

python tools/first_use.py ENVIRONMENT      prints how long it took from `pip install` to the example's last line

The environment's own Python and pip are first on PATH, as when it is activated. The example's client then lists the
buckets of moto's server, so it is known to work.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.endpoint import moto_server  # noqa: E402


def main() -> None:
    """Follow the README."""
    readme = (ROOT / "README.md").read_text()
    install = re.search(r"^pip install .*dist.*$", readme, re.MULTILINE)
    example = re.search(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    if not (install and example):
        sys.exit("README.md no longer says how to install a wheel, or has no example")
    settings = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "HOME": sys.argv[1]}
    with moto_server() as url:
        environment = {**settings, "AWS_ENDPOINT_URL": url, "PATH": f"{sys.argv[1]}/bin:{os.defpath}"}
        start = time.perf_counter()
        print(f"$ {install[0]}")
        subprocess.run(["bash", "-ec", install[0]], cwd=ROOT, env=environment, check=True)
        installed = time.perf_counter()
        used = example[1] + 'assert s3.list_buckets()["Buckets"] == []\n'
        print("$ python <<", used, sep="\n")
        subprocess.run(["python", "-c", used], cwd=sys.argv[1], env=environment, check=True)
        done = time.perf_counter()
    print(f"{done - start:.1f} s: {installed - start:.1f} to install, {done - installed:.1f} for the example")


if __name__ == "__main__":
    main()
