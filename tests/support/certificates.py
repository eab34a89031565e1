"""Certificates for tests over TLS, made at the start by trustme."""

import os
import subprocess
import sys
from pathlib import Path

# Of each of two authorities NAME.pem, and what it has signed: certificate, chain and key in one file, or in two.
_PROGRAM = """
import sys
from datetime import datetime
from pathlib import Path
import trustme

folder = Path(sys.argv[1])
for name in ("ours", "other"):
    authority = trustme.CA(organization_name=name)
    authority.cert_pem.write_to_path(folder / f"{name}.pem")
    issued = {
        "good": authority.issue_cert("localhost", "*.localhost", "127.0.0.1"),
        "rotated": authority.issue_cert("localhost", "*.localhost", "127.0.0.1"),
        "elsewhere": authority.issue_cert("elsewhere.test"),
        "expired": authority.issue_cert(
            "localhost", "127.0.0.1", not_before=datetime(2020, 1, 1), not_after=datetime(2021, 1, 1)
        ),
    }
    for kind, certificate in issued.items():
        certificate.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}-{kind}.pem")
    for person in ("alpha", "beta"):
        certificate = authority.issue_cert(f"{person}@example.test", common_name=person)
        certificate.cert_chain_pems[0].write_to_path(folder / f"{name}-{person}-cert.pem")
        certificate.private_key_pem.write_to_path(folder / f"{name}-{person}-key.pem")
"""


def make_certificates(folder: Path) -> None:
    """Make them; ``MOTO_PYTHON`` names the interpreter that has trustme, where this one cannot."""
    python = os.environ.get("MOTO_PYTHON", sys.executable)
    subprocess.run([python, "-c", _PROGRAM, str(folder)], check=True)
