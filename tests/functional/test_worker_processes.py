"""Handles in the worker processes of the standard library: each builds one client of its own, however many tasks."""

from __future__ import annotations

import functools
import multiprocessing

import pytest
from support.child import run_child
from support.workers import check_every_worker_built_one_client

run_program = functools.partial(run_child, timeout=120)
start_methods = pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())


@start_methods
def test_each_process_of_a_pool_builds_one_client(method, endpoint, tmp_path):
    check_every_worker_built_one_client(
        run_program,
        f"""
        import multiprocessing

        def run(handle, numbers):
            with multiprocessing.get_context({method!r}).Pool(2) as pool:
                return pool.starmap(put, [(handle, number) for number in numbers], chunksize=1)
        """,
        endpoint,
        tmp_path,
    )


@start_methods
def test_each_process_of_an_executor_builds_one_client(method, endpoint, tmp_path):
    check_every_worker_built_one_client(
        run_program,
        f"""
        import itertools, multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        def run(handle, numbers):
            with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context({method!r})) as pool:
                return list(pool.map(put, itertools.repeat(handle), numbers))
        """,
        endpoint,
        tmp_path,
    )
