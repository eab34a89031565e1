"""What the program's process starts at its end: the report, without importing boto3."""

from __future__ import annotations

import sys

from boto3_client_cache_tryout.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
