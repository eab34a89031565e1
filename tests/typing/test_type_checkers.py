"""mypy --strict and pyright in strict mode read users' code as it is meant, with packages of types or without.

The samples say themselves what is meant: ``assert_type`` where a type is, and a checker's own "ignore" comment where an
error has to be, since both checkers report such a comment when it is not needed.
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = pytest.mark.typing

ROOT = Path(__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"
CHECKERS = ["mypy", "pyright"]
REVEALED = re.compile(r'^.*?:(\d+):.*(?:Revealed type|Type of ".*") is "(.*)"$', re.MULTILINE)


class Environment(NamedTuple):
    """An interpreter with what a user has installed, and a folder for the user's files."""

    python: Path
    site_packages: Path
    project: Path


@pytest.fixture
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Environment:
    """Make the environment of these requirements, or take that of an earlier run, with this package as it is now."""
    requirements = ["boto3", *request.param]
    name = "+".join(re.sub(r"\W+", "-", requirement).strip("-") for requirement in requirements)
    folder = ROOT / "build" / "typing" / f"python{sysconfig.get_python_version()}-{name}"
    python = folder / "bin" / "python"
    site_packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(folder)}))
    complete = folder / "complete"
    if not complete.exists():
        run(sys.executable, "-m", "venv", "--clear", "--without-pip", folder)
        run(sys.executable, "-m", "pip", "--python", python, "install", "-qq", *requirements)
        complete.touch()
    package = importlib.util.find_spec("boto3_client_cache")
    assert package is not None
    assert package.submodule_search_locations is not None
    shutil.rmtree(site_packages / package.name, ignore_errors=True)
    unread = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(package.submodule_search_locations[0], site_packages / package.name, ignore=unread)
    return Environment(python, site_packages, tmp_path)


def run(*command: str | Path) -> None:
    """Run a command that has to succeed."""
    subprocess.run(command, check=True)


def check(checker: str, environment: Environment) -> subprocess.CompletedProcess[str]:
    """Have a type checker read the files of the user's project."""
    if checker == "mypy":
        cache = environment.site_packages / ".mypy_cache"
        arguments = [
            f"--python-executable={environment.python}",
            f"--cache-dir={cache}",
            "--config-file=",
            "--strict",
            ".",
        ]
    else:
        rules = {
            "typeCheckingMode": "strict",
            "enableTypeIgnoreComments": False,
            "reportUnnecessaryTypeIgnoreComment": True,
            "reportMissingModuleSource": False,  # typing_extensions need not be installed for its names to be known
            "reportMissingTypeStubs": False,  # some of the environments lack botocore's on purpose
        }
        (environment.project / "pyrightconfig.json").write_text(json.dumps(rules))
        arguments = [f"--pythonpath={environment.python}"]
    command = [sys.executable, "-m", checker, *arguments]
    return subprocess.run(command, cwd=environment.project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize(
    ("environment", "samples"),
    [
        pytest.param([], ["any_environment", "types_missing"], id="boto3 alone"),
        pytest.param(["boto3-stubs"], ["any_environment", "types_missing"], id="boto3-stubs without services"),
        pytest.param(
            ["boto3-stubs[s3,dynamodb]"],
            ["any_environment", "types_installed", "types_missing"],
            id="boto3-stubs with two services",
        ),
        pytest.param(["aiobotocore"], ["aio_types_missing"], id="aiobotocore alone"),
        pytest.param(
            ["aiobotocore", "types-aiobotocore[s3]"],
            ["aio_types_installed", "aio_types_missing"],
            id="types-aiobotocore with a service",
        ),
    ],
    indirect=["environment"],
)
def test_code_of_users_checks_as_it_is_meant(checker: str, environment: Environment, samples: list[str]) -> None:
    for sample in samples:
        shutil.copy(SAMPLES / f"{sample}.py", environment.project)
    result = check(checker, environment)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("checker", CHECKERS)
@pytest.mark.parametrize("environment", [["boto3-stubs[full]"]], indirect=True, ids=["boto3-stubs with all services"])
def test_every_service_that_boto3_stubs_knows_has_the_type_it_has_there(checker: str, environment: Environment) -> None:
    calls = calls_that_boto3_stubs_knows(environment)
    lines = ["import boto3, boto3_client_cache", "theirs, ours = boto3.Session(), boto3_client_cache.Session()"]
    for call in calls:
        lines += [f"reveal_type(theirs.{call})", f"reveal_type(ours.{call})"]
    (environment.project / "services.py").write_text("\n".join(lines))
    result = check(checker, environment)
    types = [type_ for _, type_ in sorted((int(line), type_) for line, type_ in REVEALED.findall(result.stdout))]
    assert len(types) == 2 * len(calls), result.stdout + result.stderr
    # The package of all services' types may lag behind boto3-stubs: what it lacks is unknown there.
    pairs = dict(zip(calls, zip(types[::2], types[1::2], strict=True), strict=True))
    known = {call: pair for call, pair in pairs.items() if pair[0] not in ("Any", "Unknown")}
    assert len(known) > 0.9 * len(pairs)
    assert {call: ours for call, (_, ours) in known.items()} == {call: theirs for call, (theirs, _) in known.items()}
    missing = {ours.rpartition(".")[2] for call, (_, ours) in pairs.items() if call not in known}
    assert missing <= {"BaseClient", "ServiceResource"}


def calls_that_boto3_stubs_knows(environment: Environment) -> list[str]:
    """Return every ``client("…")`` and ``resource("…")`` for which boto3-stubs declares an overload."""
    stub = (environment.site_packages / "boto3-stubs" / "session.pyi").read_text()
    found = re.findall(r'def (client|resource)\(\s*self,\s*service_name: Literal\["([^"]+)"\]', stub)
    return [f'{method}("{service}")' for method, service in found]
