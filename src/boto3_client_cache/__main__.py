"""``python -m boto3_client_cache``: run a program and report what it asks of boto3. See docs/try-it.md."""

from __future__ import annotations

import sys

from boto3_client_cache_tryout.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
