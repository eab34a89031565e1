"""What sessions cost that code of its own makes from botocore's: with `install()` beside without, as a table.

usage: python benchmarks/others_cost.py [--runs 5] [--services 100] [--regions 17] [--write]

Scanners and whatever assumes roles make a botocore session, give it credentials that refresh themselves, and hand it to
`boto3.Session(botocore_session=...)`. Every figure is taken in fresh processes, the two sides in turn; the median is
shown. Memory is resident memory, time processor time. Clients do no request: for that see working_cost.py.
"""

from __future__ import annotations

import argparse
import datetime
import gc
import statistics
import time
from typing import Any, NamedTuple

import boto3
import botocore.session
import pages
import side_by_side
from botocore.credentials import RefreshableCredentials
from side_by_side import Figures, Spread, is_reached, resident_mib, share, written

SIDES = ("boto3", "installed")
# A scanner has one session for an account, and a client for each service and region.
SERVICES = """
accessanalyzer acm apigateway apigatewayv2 application-autoscaling appstream appsync athena autoscaling backup batch
bedrock bedrock-agent cloudformation cloudfront cloudtrail cloudwatch codeartifact codebuild codecommit codepipeline
cognito-idp config datasync directconnect dlm dms docdb drs ds dynamodb ec2 ecr ecr-public ecs efs eks elasticache
elasticbeanstalk elb elbv2 emr es events firehose fms fsx glacier globalaccelerator glue guardduty iam imagebuilder
inspector2 iot kafka kinesis kms lakeformation lambda lightsail logs macie2 memorydb mq neptune network-firewall
opensearch organizations ram rds redshift resource-explorer-2 resourcegroupstaggingapi route53 s3 s3control sagemaker
secretsmanager securityhub servicecatalog servicediscovery ses sesv2 shield sns sqs ssm ssm-incidents stepfunctions
storagegateway sts support transfer waf waf-regional wafv2 wellarchitected workspaces xray
"""
REGIONS = """
us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3
ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2
"""
# A tool that works by roles has a session for each, with these clients: so many of plain boto3's, so many with ours.
CLIENTS = ("s3", "ec2", "dynamodb", "sqs")
SIZES = (11, 51)


class Row(NamedTuple):
    """A figure, what it is measured with, and its target."""

    name: str
    kind: str
    title: str
    unit: str
    target: float


ROWS = (
    Row("mib", "scanner", "memory: a session with a client for each service and region", "MiB", 4),
    Row("ms", "scanner", "time of creation: the same", "ms", 3.5),
    Row("mib", "role", "memory: each further session that assumes a role, with four clients", "MiB", 30),
    Row("ms", "role", "time of creation: the same", "ms", 25),
)


def credentials() -> dict[str, str]:
    """Return what a role's temporary credentials are refreshed with."""
    expiry = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return {"access_key": "key", "secret_key": "secret", "token": "token", "expiry_time": expiry.isoformat()}


def session_of_a_role() -> Any:
    """Make a session as Cloud Custodian and prowler do."""
    inner = botocore.session.get_session()
    inner._credentials = RefreshableCredentials.create_from_metadata(
        metadata=credentials(), refresh_using=credentials, method="sts-assume-role"
    )
    inner.set_config_variable("region", "us-east-1")
    return boto3.Session(botocore_session=inner)


def scanner(_side: str, services: str, regions: str) -> Figures:
    """Create a client for each service and region; the scanner keeps them."""
    gc.collect()
    memory, start = resident_mib(), time.process_time()
    session = session_of_a_role()
    kept = [
        session.client(service, region_name=region)
        for service in SERVICES.split()[: int(services)]
        for region in REGIONS.split()[: int(regions)]
    ]
    taken = time.process_time() - start
    gc.collect()
    return {"mib": resident_mib() - memory, "ms": 1e3 * taken, "clients": len(kept)}


def role(side: str) -> Figures:
    """Create sessions with four clients each; the first one pays for what a process needs once."""
    size = SIZES[SIDES.index(side)]
    kept: list[Any] = []
    times = []
    first = 0.0
    for number in range(size):
        start = time.process_time()
        session = session_of_a_role()
        kept.append((session, [session.client(service) for service in CLIENTS]))
        times.append(time.process_time() - start)
        if number == 0:
            gc.collect()
            first = resident_mib()
    gc.collect()
    return {"mib": (resident_mib() - first) / (size - 1), "ms": 1e3 * statistics.median(times[1:])}


KINDS = {"scanner": scanner, "role": role}


def measure_here(side: str, kind: str, *arguments: str) -> Figures:
    """Measure one side in this process, which must be fresh."""
    if side == SIDES[1]:
        import boto3_client_cache

        boto3_client_cache.install()
    return KINDS[kind](side, *arguments)


def report(what: dict[str, list[str]], runs: int) -> tuple[str, list[str]]:
    """Return the figures without `install()` beside those with it, as Markdown, and what misses its target."""
    figures = {kind: side_by_side.rounds([kind, *arguments], SIDES, runs, {}) for kind, arguments in what.items()}
    lines = [
        "| sessions that others make | plain boto3 | `install()` | target |  |",
        "| --- | ---: | ---: | --- | --- |",
    ]
    missed = []
    for row in ROWS:
        plain, ours = (of_side[row.name] for of_side in figures[row.kind].values())
        reached = is_reached(plain, ours, row.target)
        cells = [_cell(plain, row.unit), f"{_cell(ours, row.unit)}, **{share(plain, ours)}**", f"1/{row.target}"]
        lines.append(f"| {row.title} | {' | '.join(cells)} | {'reached' if reached else '**missed**'} |")
        if not reached:
            missed.append(f"Missed: {row.title}: {share(plain, ours)}, wanted 1/{row.target}.")
    return "\n".join(lines), missed


def _cell(figure: Spread, unit: str) -> str:
    return f"{written(figure.median)} ({written(figure.lowest)}–{written(figure.highest)}) {unit}"


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, default=len(SERVICES.split()), help="how many the scanner looks at")
    parser.add_argument("--regions", type=int, default=len(REGIONS.split()), help="and in how many regions")
    parser.add_argument("--write", action="store_true", help="put the table into docs/benchmarks.md")
    arguments = side_by_side.parse(parser, 5, measure_here)
    table, missed = report({"scanner": [str(arguments.services), str(arguments.regions)], "role": []}, arguments.runs)
    print(table, "", *(missed or ["Every target is reached."]), sep="\n")
    if arguments.write:
        head = pages.made_by(f"./dev others-cost --runs {arguments.runs}")
        pages.put(pages.BENCHMARKS, "sessions that others make", f"{head}\n\n{table}")


if __name__ == "__main__":
    main()
