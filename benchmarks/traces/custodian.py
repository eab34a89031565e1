"""Cloud Custodian over accounts and regions, against moto's server. Recorded by --trace.

    AWS_ENDPOINT_URL=http://... python -m boto3_client_cache --no-measure --trace custodian.jsonl custodian.py

c7n's own code and policies of ours, as c7n-org runs them: for each account and region its policies, with a session of
the assumed role, and the cache of sessions begun anew. Twelve accounts, four regions, seven policies; two runs, as by a
timer.
"""

from __future__ import annotations

import tempfile

from c7n.config import Config
from c7n.loader import PolicyLoader
from c7n.resources import load_resources
from c7n.utils import reset_session_cache

ACCOUNTS = [str(number) * 12 for number in range(1, 10)] + ["101010101010", "121212121212", "131313131313"]
REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2")
TAG = [{"type": "tag", "key": "owner", "value": "found"}]
POLICIES = [
    {"name": "tables", "resource": "aws.dynamodb-table", "filters": [{"tag:owner": "absent"}], "actions": TAG},
    {"name": "topics", "resource": "aws.sns"},
    {"name": "logs", "resource": "aws.log-group", "filters": [{"tag:owner": "absent"}]},
    {"name": "networks", "resource": "aws.vpc", "filters": [{"IsDefault": True}], "actions": TAG},
    {"name": "groups", "resource": "aws.security-group", "filters": [{"tag:owner": "absent"}], "actions": TAG},
    {"name": "keys", "resource": "aws.kms-key"},
    {"name": "roles", "resource": "aws.iam-role"},
]


def main() -> None:
    """Run all policies in each account and region, twice."""
    load_resources(tuple({policy["resource"] for policy in POLICIES}))
    for _ in range(2):
        for account in ACCOUNTS:
            for region in REGIONS:
                config = Config.empty(
                    account_id=account,
                    assume_role=f"arn:aws:iam::{account}:role/custodian",
                    cache="memory",
                    output_dir=tempfile.mkdtemp(),
                    region=region,
                    regions=[region],
                )
                for policy in PolicyLoader(config).load_data({"policies": POLICIES}, "memory://"):
                    policy.run()
                reset_session_cache()


if __name__ == "__main__":
    main()
