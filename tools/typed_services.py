"""Writes the stubs of ``boto3_client_cache/_typed`` that name every service boto3-stubs knows.

No type can say "those overloads, with two keywords more", so the overloads of ``client`` and ``resource`` are written
out, from those that the installed boto3-stubs declares for ``boto3.session.Session``. Those of ``aio.Session`` are the
same of types-aiobotocore, whose packages and types are named alike. ``--check`` writes nothing and fails when a file
would change.
"""

from __future__ import annotations

import argparse
import ast
import importlib.metadata
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "src" / "boto3_client_cache" / "_typed"

NOTICE = "# Written by tools/typed_services.py from boto3-stubs {version}: do not edit.\n"

INSTALLED = '''\
# mypy: ignore-errors
# pyright: reportMissingImports=false, reportWildcardImportFromLibrary=false
"""The types of the services whose {package} package is installed."""

{imports}'''

FALLBACK = '''\
"""What is known of any client and resource, under the name of each service's."""

from typing import TypeAlias

from boto3_client_cache._typed.untyped import BaseClient, ServiceResource

{aliases}'''

SESSION = '''\
# mypy: ignore-errors
# pyright: reportIncompatibleMethodOverride=false, reportOverlappingOverload=false
"""boto3's ``Session``, whose ``client`` and ``resource`` take the caches' options too."""

from typing import Literal, overload

import boto3.session
from botocore.config import Config

from boto3_client_cache._typed.services import *
from boto3_client_cache._typed.untyped import BaseClient, ServiceResource
from boto3_client_cache.cache import EvictionPolicy

class Session(boto3.session.Session):
{overloads}
_default: Session
client = _default.client
resource = _default.resource
'''

AIO_FALLBACK = '''\
"""What is known of any client, under the name of each service's."""

from typing import TypeAlias

from boto3_client_cache._typed.aio.untyped import AioBaseClient

{aliases}'''

AIO_SESSION = '''\
# mypy: ignore-errors
# pyright: reportOverlappingOverload=false
"""The methods of ``aio.Session`` that give clients."""

from typing import Literal, overload

from botocore.config import Config

from boto3_client_cache._core import ClientCall
from boto3_client_cache._core import LoopSession as _LoopSession
from boto3_client_cache._typed.aio.services import *
from boto3_client_cache._typed.aio.untyped import AioBaseClient
from boto3_client_cache.cache import EvictionPolicy

class LoopSession(_LoopSession):
{overloads}    create_client = client
'''

# After `service_name`: boto3's own parameters, then those of the caches.
OVERLOAD = (
    "    @overload\n"
    "    def {method}(self, service_name: {name}, region_name: str | None = None, api_version: str | None = None, "
    "use_ssl: bool | None = True, verify: bool | str | None = None, endpoint_url: str | None = None, "
    "aws_access_key_id: str | None = None, aws_secret_access_key: str | None = None, "
    "aws_session_token: str | None = None, config: Config | None = None, aws_account_id: str | None = None, *, "
    "eviction_policy: EvictionPolicy | None = None, max_size: int | None = None) -> {type}: ...\n"
)


class Service(NamedTuple):
    """What one overload says: a service's name, the type it gives, and the module of that type."""

    name: str
    type: str
    module: str


def services(tree: ast.Module, method: str) -> list[Service]:
    """Read the overloads of a method of ``Session``."""
    modules = {
        alias.name: node.module for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    session = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Session")
    found = []
    for node in session.body:
        match node:
            case ast.FunctionDef(
                name=name,
                args=ast.arguments(
                    args=[_, ast.arg(annotation=ast.Subscript(slice=ast.Constant(value=str(service)))), *_]
                ),
                returns=ast.Name(id=type_name),
            ) if name == method:
                found.append(Service(service, type_name, str(modules[type_name])))
    if not found:
        message = f"boto3-stubs declares no service for Session.{method}: its form has changed"
        raise SystemExit(message)
    return found


def stubs(session_stub: str, version: str) -> dict[str, str]:
    """Return the text of each stub file by its name."""
    tree = ast.parse(session_stub)
    clients, resources = services(tree, "client"), services(tree, "resource")
    notice = NOTICE.format(version=version)
    imports = [f"from {service.module} import *\n" for service in clients + resources]
    aio_imports = [
        f"from {service.module.replace('mypy_boto3_', 'types_aiobotocore_')} import *\n" for service in clients
    ]
    aliases = [f"{service.type}: TypeAlias = BaseClient\n" for service in clients]
    aliases += [f"{service.type}: TypeAlias = ServiceResource\n" for service in resources]
    return {
        "installed.pyi": notice + INSTALLED.format(package="mypy-boto3", imports="".join(imports)),
        "fallback.pyi": notice + FALLBACK.format(aliases="".join(aliases)),
        "session.pyi": notice
        + SESSION.format(
            overloads=overloads("client", clients, "BaseClient") + overloads("resource", resources, "ServiceResource")
        ),
        "aio/installed.pyi": notice + INSTALLED.format(package="types-aiobotocore", imports="".join(aio_imports)),
        "aio/fallback.pyi": notice
        + AIO_FALLBACK.format(aliases="".join(f"{service.type}: TypeAlias = AioBaseClient\n" for service in clients)),
        "aio/session.pyi": notice
        + AIO_SESSION.format(
            overloads="".join(
                overloads(
                    method,
                    [service._replace(type=given.format(service.type)) for service in clients],
                    given.format("AioBaseClient"),
                )
                for method, given in (
                    ("client", "ClientCall[{}]"),
                    ("cached", "{} | None"),
                )
            )
        ),
    }


def overloads(method: str, known: list[Service], otherwise: str) -> str:
    """Write one overload for each service, and one for every other name."""
    cases = [(f'Literal["{service.name}"]', service.type) for service in known]
    return "".join(
        OVERLOAD.format(method=method, name=name, type=given) for name, given in [*cases, ("str", otherwise)]
    )


def main() -> int:
    """Write the stubs, or check that they are what would be written."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file would change")
    check = parser.parse_args().check
    distribution = importlib.metadata.distribution("boto3-stubs")
    session_stub = distribution.read_text("../boto3-stubs/session.pyi")
    if session_stub is None:
        raise SystemExit("boto3-stubs has no session.pyi: its layout has changed")
    stale = []
    for name, text in stubs(session_stub, distribution.version).items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
            if not check:
                path.write_text(text, encoding="utf-8")
    if check and stale:
        print(
            f"not what boto3-stubs {distribution.version} gives: {', '.join(stale)}\n"
            f"write them anew: {sys.executable} tools/typed_services.py",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
