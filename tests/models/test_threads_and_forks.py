"""Views under threads, and the store across fork."""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from boto3_client_cache import _core, models
from boto3_client_cache.lean.models import SharedLoader

from .conftest import SharingSession, write_model

THREADS = 8


def in_threads(function: Callable[[int], None]) -> None:
    """Run ``function`` in many threads at once, and raise what any of them raised."""
    start, errors = threading.Barrier(THREADS), []

    def run(number: int) -> None:
        start.wait()
        try:
            function(number)
        except BaseException as error:  # raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


@pytest.fixture
def fast_switching() -> Any:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("fast_switching")
@pytest.mark.parametrize("attempt", range(5))
def test_one_view_read_by_many_threads_gives_each_the_same_objects(attempt: int, tmp_path: Path) -> None:
    data = {f"key{i}": {"text": "x" * 200, "inner": [{"text": "y" * 200}] * 3} for i in range(300)}
    write_model(tmp_path, data, "x")
    view = SharedLoader([str(tmp_path)]).load_data("x")
    seen: list[list[Any]] = [[] for _ in range(THREADS)]

    def read(number: int) -> None:
        keys = list(data)
        for key in keys[number * 7 :] + keys[: number * 7]:
            seen[number].append((key, id(view[key]), id(view[key]["inner"][0])))
            if number == attempt and key == "key150":
                list(view.items())  # becomes an ordinary dict under the others' hands

    in_threads(read)
    assert all(sorted(objects) == sorted(seen[0]) for objects in seen)
    assert view == data
    assert list(view) == list(data)


@pytest.mark.usefixtures("fast_switching")
def test_writes_of_many_threads_all_stick(tmp_path: Path) -> None:
    data = {f"key{i}": {"text": "x" * 200} for i in range(100)}
    write_model(tmp_path, data, "x")
    view = SharedLoader([str(tmp_path)]).load_data("x")

    def write(number: int) -> None:
        for i in range(100):
            view[f"key{i}"][f"by{number}"] = i
            view[f"new{number}-{i}"] = i

    in_threads(write)
    assert len(view) == 100 + 100 * THREADS
    for i in range(100):
        assert view[f"key{i}"] == {"text": "x" * 200, **{f"by{n}": i for n in range(THREADS)}}


@pytest.mark.usefixtures("fast_switching")
def test_sessions_and_clients_of_many_threads_work() -> None:
    names: list[int] = []

    def build(number: int) -> None:
        for service in ("sqs", "s3", "dynamodb"):
            client = SharingSession().client(service)
            names.append(len(client.meta.service_model.operation_names))
            assert str(getattr(client, "list_queues", client.close).__doc__)
        if number % 2:
            models.release_models()

    in_threads(build)
    assert len(set(names)) == 3


@pytest.mark.skipif(bool(sysconfig.get_config_var("Py_GIL_DISABLED")), reason="there is no GIL to let go of")
def test_other_threads_run_while_a_model_is_read() -> None:
    path = os.fsencode(Path(SharedLoader.BUILTIN_DATA_PATH) / "ec2" / "2016-11-15" / "service-2.json.gz")
    progress, stop = [0], threading.Event()

    def count() -> None:
        while not stop.is_set():
            progress[0] += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(60)  # nobody is made to let go: whoever runs meanwhile was let run
    try:
        seen = False
        for _ in range(200):  # where the processors are busy, the other thread may come too late to one reading
            models.release_models()
            before = progress[0]
            view = _core.load_model(path)
            seen = progress[0] > before
            del view
            if seen:
                break
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    assert seen


def in_child(function: Callable[[], None], patience: float = 60) -> None:
    """Run ``function`` in a forked child and expect it to end well, and in time."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            function()
            status = 0
        finally:
            os._exit(status)
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_reads_and_loads_after_a_fork() -> None:
    models.preload("sqs")
    parents = SharedLoader().load_service_model("sqs", "service-2")

    def use() -> None:
        assert parents["operations"]["SendMessage"]["name"] == "SendMessage"
        held = models.models_info().models
        SharingSession().client("sqs")
        assert {model.path for model in held} <= {model.path for model in models.models_info().models}
        SharingSession().client("xray")  # one that the parent never read

    in_child(use)
    assert parents["operations"]["ListQueues"]["name"] == "ListQueues"


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_forked_while_others_load_does_not_wait_for_them(tmp_path: Path) -> None:
    for i in range(4):
        write_model(tmp_path, {f"k{j}": {"text": f"{i}{j}" * 50} for j in range(4_000)}, f"x{i}")
    stop = threading.Event()

    def load_for_ever() -> None:
        while not stop.is_set():
            models.release_models()
            for i in range(4):
                SharedLoader([str(tmp_path)]).load_data(f"x{i}")

    threads = [threading.Thread(target=load_for_ever) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            in_child(lambda: [len(SharedLoader([str(tmp_path)]).load_data(f"x{i}")) for i in range(4)] and None)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
