"""``python -m boto3_client_cache program``: the processes and threads that the program starts are observed too."""

import json
import multiprocessing
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from support.tryout import reported, write_program

POOL = """
import multiprocessing, sys
import boto3


def work(number):
    for _ in range(2):
        boto3.client("sqs", region_name=f"us-east-{number % 2 + 1}")


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:  # which ends its workers by SIGTERM
        pool.map(work, range(6), chunksize=1)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_what_workers_ask_for_is_noted_though_a_signal_ends_them(method, tmp_path):
    report = reported(tmp_path, write_program(tmp_path, POOL), method)
    assert report["asked"]["client"] == 12
    assert 1 <= report["processes"] <= 2
    assert [row["asked"] for row in report["by_line"]] == [12]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_hits_of_workers_that_end_by_themselves_are_noted(method, tmp_path):
    source = """
    import multiprocessing, sys
    import boto3

    def work():
        for _ in range(5):
            boto3.client("sqs")

    if __name__ == "__main__":
        workers = [multiprocessing.get_context(sys.argv[1]).Process(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            assert worker.exitcode == 0
    """
    report = reported(tmp_path, "--install", write_program(tmp_path, source), method)
    assert (report["totals"]["hits"], report["totals"]["misses"]) == (8, 2)
    assert report["cut_off"] == 0


@pytest.mark.parametrize("mode", ["--observe", "--install"])
def test_a_forked_child_goes_on_with_its_parents_sessions(mode, tmp_path):
    source = """
    import os
    import boto3
    session = boto3.Session()
    session.client("sqs")
    if os.fork() == 0:
        session.client("sqs")
        session.client("sns")
        os._exit(0)
    assert os.wait()[1] == 0
    session.client("sqs")
    """
    report = reported(tmp_path, mode, write_program(tmp_path, source))
    assert report["processes"] == 2
    assert report["asked"]["client"] == (4 if mode == "--observe" else 3)
    assert report["different"] == 3  # a client of the parent's is not the child's
    assert report["cut_off"] == 1
    assert report["sessions"]["boto3"] == 1


def test_only_the_programs_own_process_reports(tmp_path):
    source = """
    import os, subprocess, sys
    import boto3
    boto3.client("sqs")
    if os.fork() == 0:
        sys.exit(0)  # a whole end of Python's
    os.wait()
    ask = "import boto3; boto3.client('sns'); print('asked')"
    print(subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True))
    """
    report = reported(tmp_path, write_program(tmp_path, source))
    assert [row["name"][0] for row in report["by_service"]] in (["sqs", "sns"], ["sns", "sqs"])


def test_a_program_that_executes_itself_anew_reports_both_runs(tmp_path):
    source = """
    import os, sys
    import boto3
    boto3.client("sqs")
    if len(sys.argv) == 1:
        os.execv(sys.executable, [sys.executable, __file__, "again"])
    """
    report = reported(tmp_path, write_program(tmp_path, source))
    assert (report["processes"], report["asked"]["client"], report["different"]) == (2, 2, 2)
    assert report["sessions"]["different_arguments"] == 2  # in each of them its first, though their number is the same


def test_threads_are_all_heard(tmp_path):
    source = """
    from concurrent.futures import ThreadPoolExecutor
    import boto3

    def ask(number):
        for _ in range(10):
            session.client("sqs", region_name=f"us-east-{number % 4}")

    session = boto3.Session()
    session.client("sqs")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(8)))
        pool.submit(session.client, "sqs").result()
    """
    report = reported(tmp_path, write_program(tmp_path, source))
    assert (report["asked"]["client"], report["different"], report["failed"]) == (82, 5, {})
    assert {row["asked"] for row in report["by_line"]} == {80, 1}


def test_another_environments_python_runs_as_ever(tmp_path):
    """It finds what runs first on its path, and not the package."""
    source = """
    import os, subprocess, sys
    python = os.path.realpath(sys.executable)
    subprocess.run([python, "-c", "import sys; assert not any('tryout' in name for name in sys.modules)"], check=True)
    """
    assert reported(tmp_path, write_program(tmp_path, source))["processes"] == 0


def test_a_servers_forked_workers_are_reported_when_it_is_told_to_stop(tmp_path):
    pytest.importorskip("gunicorn")
    source = """
    import boto3

    def application(environ, start_response):
        boto3.client("sqs", region_name="us-east-1")
        start_response("200 OK", [])
        return [b"done"]
    """
    write_program(tmp_path, source, "served.py")
    command = [sys.executable, "-m", "boto3_client_cache", "--no-measure", "--report", "report.json", "--", "gunicorn"]
    server = subprocess.Popen(
        [*command, "--workers", "2", "--bind", "127.0.0.1:0", "served:application"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    with server:
        url = next(re.findall(r"Listening at: (\S+)", line)[0] for line in server.stderr if "Listening at" in line)
        for _ in range(4):
            assert urllib.request.urlopen(url).read() == b"done"
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)
    assert server.returncode == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["program"] == "gunicorn"
    assert report["asked"]["client"] == 4
    assert [row["name"] for row in report["by_line"]] == [[f"{tmp_path}/served.py:5 in application"]]
