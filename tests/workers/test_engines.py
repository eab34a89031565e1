"""Handles in the workers of Dask, Ray, Spark and joblib: each process builds one client, however many tasks it gets.

`./dev workers` installs the engines and runs these tests; an engine that it could not install is reported as left out.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from support.child import TESTS
from support.workers import check_every_worker_built_one_client

pytestmark = pytest.mark.workers

LEFT_OUT = os.environ.get("ENGINES_LEFT_OUT", "").split()
ENGINES = {
    "dask": """
        from dask.distributed import Client, LocalCluster

        def run(handle, numbers):
            with (
                LocalCluster(n_workers=2, threads_per_worker=4, processes=True, dashboard_address=None) as cluster,
                Client(cluster) as dask,
            ):
                return dask.gather(dask.map(put, [handle] * len(numbers), numbers, pure=False))
    """,
    "ray": """
        import tempfile
        import ray

        def run(handle, numbers):
            options = {"num_cpus": 2, "include_dashboard": False, "object_store_memory": 100 * 2**20}
            with (
                tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,  # short: it holds sockets
                ray.init(_temp_dir=folder, log_to_driver=False, **options),
            ):
                remote_put = ray.remote(put)
                return ray.get([remote_put.remote(handle, number) for number in numbers])
    """,
    "spark": """
        from pyspark import SparkConf, SparkContext

        def run(handle, numbers):
            conf = SparkConf().setMaster("local[2]").set("spark.ui.enabled", "false")
            with SparkContext(conf=conf) as spark:
                return spark.parallelize(numbers, 20).map(lambda number: put(handle, number)).collect()
    """,
    "joblib": """
        from joblib import Parallel, delayed

        def run(handle, numbers):
            return Parallel(n_jobs=2, backend="loky")(delayed(put)(handle, number) for number in numbers)
    """,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_worker_of_an_engine_builds_one_client(engine, endpoint, tmp_path):
    if engine in LEFT_OUT:
        pytest.skip(f"left out: {engine} could not be installed for this interpreter")
    output, meeting = tmp_path / "output", tmp_path / "meeting"
    meeting.mkdir()

    def run_program(source, *arguments, **environment):
        """Run what may start processes of its own, with a time-out; none of its group is left behind."""
        with (
            output.open("w") as log,
            subprocess.Popen(
                [sys.executable, "-c", source, *arguments],
                env={
                    **os.environ,
                    "PYTHONPATH": str(TESTS),
                    "DASK_TEMPORARY_DIRECTORY": str(tmp_path),
                    "PYSPARK_PYTHON": sys.executable,
                    "SPARK_LOCAL_DIRS": str(tmp_path),
                    "SPARK_LOCAL_IP": "127.0.0.1",
                    "RAY_USAGE_STATS_ENABLED": "0",
                    **environment,
                },
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as child,
        ):
            try:
                status = child.wait(240)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)
        text = output.read_text()
        assert status == 0, f"exit status {status}\n{text}"
        return text

    check_every_worker_built_one_client(run_program, ENGINES[engine], endpoint, meeting)
