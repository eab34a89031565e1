"""A certificate of an authority of its own for a server on this machine, made anew each time."""

import ssl
from pathlib import Path

import botocore.httpsession
import trustme


def server_certificate(folder: str | Path) -> tuple[ssl.SSLContext, Path]:
    """Return a context for a server on 127.0.0.1, and a bundle in ``folder`` that makes a client trust it.

    The bundle is the one that botocore takes by default and the new authority, as long as those of production.
    """
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    bundle = Path(folder) / "bundle.pem"
    bundle.write_bytes(Path(botocore.httpsession.where()).read_bytes() + b"\n" + authority.cert_pem.bytes())
    return context, bundle
