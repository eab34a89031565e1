"""``python -m boto3_client_cache program``: the program runs as ever, and the report says what it asked of boto3."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.tryout import plain, reported, tried, write_program

import boto3_client_cache_tryout

ENDS = {
    "the last line": "pass",
    "sys.exit": "sys.exit(7)",
    "sys.exit with a message": "sys.exit('bye')",
    "an exception": "1 / 0",
    "os._exit": "os._exit(9)",
    "Ctrl-C": "signal.raise_signal(signal.SIGINT)",
    "SIGTERM": "signal.raise_signal(signal.SIGTERM)",
    "SIGKILL": "signal.raise_signal(signal.SIGKILL)",
    "a handler's exit": "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); signal.raise_signal(signal.SIGTERM)",
}
WITHOUT_PYTHON = {"os._exit", "SIGTERM", "SIGKILL"}
MODES = ("--observe", "--install")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("end", ENDS)
def test_a_program_has_its_own_status_and_output_and_a_report_where_python_still_runs(end, mode, tmp_path):
    program = write_program(
        tmp_path,
        f"""
        import os, signal, sys
        import boto3
        boto3.client("sqs")
        print("working", flush=True)
        {ENDS[end]}
        """,
    )
    expected = plain(program)
    found = tried(mode, "--no-measure", program, TMPDIR=str(tmp_path))
    assert found.returncode == expected.returncode
    assert found.stdout == expected.stdout == "working\n"
    assert found.stderr.startswith(expected.stderr)
    report = found.stderr[len(expected.stderr) :]
    assert ("sqs us-east-1" in report) == (end not in WITHOUT_PYTHON), report
    assert bool(list(tmp_path.glob("boto3-client-cache-*"))) == (end in WITHOUT_PYTHON)


SURROUNDINGS = """
import os, sys
if __name__ == "__main__":
    known = {"BOTO3_CLIENT_CACHE_TRYOUT", "PYTHONPATH"}
    print(sys.argv, sys.orig_argv, sys.path, sys.flags, __file__, __package__, sys.modules["__main__"].__dict__.keys())
    print(sorted(item for item in os.environ.items() if item[0] not in known))  # an emulator turns their order around
    print(sys.stdin.read(), "boto3" in sys.modules, "ssl" in sys.modules, "threading" in sys.modules)
"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", ["script", "module", "package", "folder"])
def test_a_program_sees_what_it_sees_without(how, mode, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_program(tmp_path, SURROUNDINGS)
    (tmp_path / "package").mkdir()
    write_program(tmp_path / "package", SURROUNDINGS, "__main__.py")
    command = {
        "script": ["program.py"],
        "module": ["-m", "program"],
        "package": ["-m", "package"],
        "folder": ["package"],
    }[how]
    command += ["--report", "--", "-m", "an argument"]
    expected, found = plain(*command), tried(mode, "--no-measure", *command)
    assert expected.returncode == 0
    assert found.stdout == expected.stdout


def test_options_of_python_hold_for_the_program(tmp_path):
    program = write_program(tmp_path, "import sys; print(sys.flags, sys._xoptions, sys.warnoptions)")
    for options in (["-O", "-X", "utf8", "-W", "error", "-u"], ["-OB"]):
        module = [*options, "-m", "boto3_client_cache"]
        assert plain(*module, "--no-measure", program).stdout == plain(*options, program).stdout
    assert plain("-OBm", "boto3_client_cache", program).stdout == plain("-OB", program).stdout
    assert plain("-OBmboto3_client_cache", program).stdout == plain("-OB", program).stdout


def test_a_console_script_runs_as_by_its_name(tmp_path):
    script = tmp_path / "some-tool"
    script.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv, sys.path[0])\nsys.exit('done')\n")
    script.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    expected = plain(str(script), "--help")
    found = tried("--no-measure", "--", "some-tool", "--help", PATH=path)
    assert (found.returncode, found.stdout) == (expected.returncode, expected.stdout)
    assert found.stderr.startswith(expected.stderr)


def test_a_console_script_of_another_environment_is_refused(tmp_path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    (tmp_path / "pyvenv.cfg").touch()
    (tmp_path / "some-tool").write_text(f"#!{python}\n")
    done = tried("--", str(tmp_path / "some-tool"))
    assert done.returncode == 2
    assert f"runs with {python}: install boto3-client-cache there" in done.stderr


MANY = """
import boto3
from botocore.config import Config
import botocore.session


def ask(service, region):
    return boto3.client(service, region_name=region)


for _ in range(3):
    for region in ("us-east-1", "eu-west-1"):
        ask("sqs", region)
        boto3.client("sqs", region, None, True, config=Config())
session = boto3.Session(region_name="us-east-1", aws_access_key_id="one", aws_secret_access_key="two")
again = boto3.Session(region_name="us-east-1", aws_access_key_id="one", aws_secret_access_key="two")
session.client("sqs")
again.client("sqs")
session.resource("sqs")
botocore.session.get_session().create_client("sqs", region_name="us-east-1")
try:
    session.client("sqs", region_name="no where")
except ValueError:
    pass
"""


def test_what_a_program_asks_for_is_counted_by_key_service_and_line(tmp_path):
    program = write_program(tmp_path, MANY)
    report = reported(tmp_path, program)
    assert report["asked"] == {"client": 14, "resource": 1, "botocore": 1}
    assert (report["different"], report["different_of_equal_sessions"]) == (5, 4)
    assert (report["sessions"]["boto3"], report["sessions"]["different_arguments"]) == (3, 2)
    assert report["sessions"]["botocore"] == 1
    assert report["failed"] == {"InvalidRegionError": 1}
    assert report["max_size"]["needed"] == 2
    assert report["max_size"]["hits"]["2"] == 10
    services = {tuple(row["name"]): (row["asked"], row["different"]) for row in report["by_service"]}
    assert services == {("sqs", "us-east-1"): (10, 5), ("sqs", "eu-west-1"): (6, 1)}
    lines = {row["name"][0].removeprefix(program): row["asked"] for row in report["by_line"]}
    assert lines[":8 in ask"] == lines[":14 in <module>"] == 6
    assert lines[":17 in <module>"] == lines[":18 in <module>"] == lines[":19 in <module>"] == 1
    assert 0 < report["building_seconds"] < report["seconds"]


def test_the_installed_package_counts_hits_and_what_it_built(tmp_path):
    report = reported(tmp_path, "--install", write_program(tmp_path, MANY))
    assert (report["totals"]["hits"], report["totals"]["evictions"]) == (10, 0)
    assert report["asked"] == {"client": 4, "resource": 1, "botocore": 0}
    assert report["totals"]["model_bytes"] > 0


def test_a_program_that_only_looks_whether_boto3_is_there_before_it_imports_it_is_installed_for(tmp_path):
    source = """
    import importlib.util
    assert importlib.util.find_spec("boto3") and importlib.util.find_spec("botocore.session")
    import boto3
    assert boto3.client("sqs") is boto3.client("sqs")
    """
    assert reported(tmp_path, "--install", write_program(tmp_path, source))["totals"]["hits"] == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_program_that_installs_the_package_itself_goes_on(mode, tmp_path):
    source = """
    import boto3, boto3_client_cache
    boto3_client_cache.install(sessions=True)
    assert boto3.Session().client("sqs") is boto3.Session().client("sqs")
    try:
        boto3_client_cache.install()
    except boto3_client_cache.exceptions.CacheError:
        boto3_client_cache.uninstall()
    assert boto3.client("sqs") is not boto3.client("sqs")
    """
    assert reported(tmp_path, mode, write_program(tmp_path, source))["totals"]["hits"] == 1


def test_what_was_built_again_after_eviction_is_told(tmp_path):
    source = """
    import boto3
    session = boto3.Session(client_cache={"max_size": 1})
    for region in ("us-east-1", "eu-west-1", "us-east-1"):
        session.client("sqs", region_name=region)
    """
    done = tried("--install", write_program(tmp_path, source))
    assert done.returncode == 0
    facts = dict(line.rsplit(maxsplit=1) for line in done.stderr.splitlines() if line.count("  "))
    assert (facts["built again"], facts["evictions"]) == ("1", "2")


def test_boto3_is_its_own_to_who_looks_at_it_and_assigns_to_it(tmp_path):
    source = """
    import inspect
    import boto3, botocore.session
    assert boto3.Session.client.__code__.co_filename == boto3.session.__file__
    assert list(inspect.signature(botocore.session.Session.create_client).parameters)[1] == "service_name"
    assert botocore.session.__loader__ is botocore.session.__spec__.loader
    assert type(botocore.session.__loader__).__name__ == "SourceFileLoader"
    defaults = boto3.Session.client.__defaults__
    boto3.Session.client.__defaults__ = (*defaults[:4], "http://localhost:9", *defaults[5:])
    assert boto3.client("sqs").meta.endpoint_url == "http://localhost:9"
    assert not [name for name in vars(boto3.DEFAULT_SESSION) if "client_cache" in name]
    """
    report = reported(tmp_path, write_program(tmp_path, source))
    assert report["asked"]["client"] == 1


def test_a_sitecustomize_of_the_users_runs_and_is_the_one_in_sys_modules(tmp_path):
    write_program(tmp_path, "import sys; sys.customized = __file__", "sitecustomize.py")
    source = "import sys, os, sitecustomize; print(sys.customized, sitecustomize.__file__, sys.path)"
    program = write_program(tmp_path, source)
    environment = {"PYTHONPATH": str(tmp_path)}
    expected, found = plain(program, **environment), tried("--no-measure", program, **environment)
    assert expected.returncode == 0
    assert found.stdout == expected.stdout


def test_a_program_that_closes_all_descriptors_finds_no_notes_in_its_own_files(tmp_path):
    source = """
    import os, sys
    import boto3
    boto3.client("sqs")
    os.closerange(3, 100)
    files = [open(os.path.join(os.path.dirname(__file__), f"{n}.txt"), "w") for n in range(20)]
    boto3.client("sqs")
    for file in files:
        file.close()
        assert os.path.getsize(file.name) == 0
    """
    assert reported(tmp_path, write_program(tmp_path, source))["asked"]["client"] == 2


def test_a_program_that_begins_with_gevents_patch_patches_first(tmp_path):
    pytest.importorskip("gevent")
    source = """
    import sys
    assert not {"ssl", "socket", "threading"} & sys.modules.keys()
    from gevent import monkey, spawn, joinall
    monkey.patch_all()
    import boto3
    session = boto3.Session()
    joinall([spawn(session.client, "sqs", region_name=f"us-east-{n % 2 + 1}") for n in range(6)], raise_error=True)
    """
    report = reported(tmp_path, write_program(tmp_path, source))
    assert (report["asked"]["client"], report["different"]) == (6, 2)


def test_a_program_whose_calls_are_of_names_alone_does_not_import_the_package(tmp_path):
    source = """
    import sys
    import boto3
    boto3.Session().client("sqs", "us-east-1", verify=False)
    boto3.resource("sqs")
    assert "boto3_client_cache" not in sys.modules
    """
    report = reported(tmp_path, write_program(tmp_path, source))
    keys = {tuple(row["name"]) for row in report["by_key"]}
    assert ("client", "'sqs', region_name='us-east-1', verify=False") in keys


SECRETS = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "aTokenOfTheSession", "aPasswordInAUrl")


@pytest.mark.parametrize("mode", MODES)
def test_no_secret_is_in_a_report_or_among_the_records(mode, tmp_path):
    key, secret, token, password = SECRETS
    source = f"""
    import boto3
    secrets = {{"aws_access_key_id": "{key}", "aws_secret_access_key": "{secret}", "aws_session_token": "{token}"}}
    boto3.client("sqs", endpoint_url="http://me:{password}@localhost:9", **secrets)
    boto3.client("sqs", "us-east-1", None, True, None, None, "{key}", "{secret}", "{token}")
    session = boto3.Session(**secrets)
    session.resource("sqs", endpoint_url="http://me:{password}@localhost:9")
    session._session.create_client("sqs", "us-east-1", None, True, None, None, "{key}", "{secret}", "{token}")
    """
    records = tmp_path / "records"
    program = write_program(tmp_path, source)
    texts = []
    for name in ("a.json", "a.txt"):
        options = [mode, "--records", str(records / name), "--report", str(tmp_path / name)]
        done = tried(*options, "--html", str(tmp_path / "a.html"), program, "--password", password)
        assert done.returncode == 0, done.stderr
        texts += [done.stderr, (tmp_path / name).read_text(), (tmp_path / "a.html").read_text()]
    files = [file.read_text() for file in records.rglob("*") if file.is_file()]
    assert len(files) >= 4
    for text in texts + files:
        assert not [secret for secret in SECRETS if secret in text]
    assert "***" in texts[1]


@pytest.mark.parametrize("close", ["sys.stderr.close()", "os.close(2)", "os.dup2(write_end_that_nobody_reads(), 2)"])
def test_a_report_is_written_though_stderr_is_gone(close, tmp_path):
    source = f"""
    import os, sys
    import boto3

    def write_end_that_nobody_reads():
        read_end, write_end = os.pipe()
        os.close(read_end)
        return write_end

    boto3.client("sqs")
    {close}
    """
    file = tmp_path / "report.json"
    assert tried("--report", str(file), write_program(tmp_path, source)).returncode == 0
    assert json.loads(file.read_text())["measured"]["calls"] == 1


def test_a_folder_whose_name_is_no_text_is_in_the_report(tmp_path):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    program = write_program(folder, "import boto3; boto3.client('sqs')")
    files = tmp_path / "report.txt", tmp_path / "report.html"
    done = tried("--no-measure", "--report", str(files[0]), "--html", str(files[1]), program)
    assert (done.returncode, done.stderr) == (0, "")
    for file in files:
        assert r"caf\udce9/program.py:1" in file.read_text()


def test_what_the_package_would_save_is_measured_with_the_same_calls(tmp_path):
    file = tmp_path / "report.json"
    done = tried("--report", str(file), "--html", str(tmp_path / "report.html"), write_program(tmp_path, MANY))
    assert done.returncode == 0, done.stderr
    measured = json.loads(file.read_text())["measured"]
    assert measured["calls"] == 16
    plain_boto3, ours = measured["boto3"], measured["install"]
    assert (plain_boto3["failed"], ours["failed"]) == (0, 0)
    assert ours["seconds"] > 0
    assert ours["mib"] < plain_boto3["mib"]
    assert measured["models"]["copies"] == 4
    assert 0 < measured["models"]["most_bytes"] <= measured["models"]["bytes"]
    page = (tmp_path / "report.html").read_text()
    assert "<svg" in page
    assert "http" not in page


def test_the_report_comes_where_measuring_fails(tmp_path):
    """For whatever reason: here, whoever comes after the program finds no boto3."""
    (tmp_path / "broken").mkdir()
    write_program(tmp_path / "broken", "raise RuntimeError('no boto3 here')", "boto3.py")
    source = f"""
    import os
    import boto3
    boto3.client("sqs")
    os.environ["PYTHONPATH"] += os.pathsep + {str(tmp_path / "broken")!r}
    """
    done = tried(write_program(tmp_path, source))
    assert done.returncode == 0
    assert "could not be measured: RuntimeError: no boto3 here" in done.stderr
    assert "sqs us-east-1" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_ended_without_a_report_is_reported_from_its_records(tmp_path):
    program = write_program(tmp_path, "import boto3, os; boto3.client('sqs'); os._exit(5)")
    folder = str(tmp_path / "records")
    done = tried("--records", folder, program)
    assert (done.returncode, done.stderr) == (5, "")
    again = tried("--records", folder, "--no-measure")
    assert again.returncode == 0
    assert "sqs us-east-1" in again.stderr
    refused = tried("--records", folder, program)
    assert refused.returncode == 2
    assert "is not empty" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no program is named"),
        (["-m"], "nothing is named after -m"),
        (["--"], "nothing is named after --"),
        (["--wrong", "x.py"], "there is no option --wrong"),
        (["--observe=yes", "x.py"], "--observe takes no value"),
        (["-c", "pass"], "a program cannot be given by -c: write it into a file"),
        (["-"], "a program cannot be given by -: write it into a file"),
        (["--report"], "--report needs the name of a file"),
        (["--report", "/no/such/folder/x", "x.py"], "cannot write --report /no/such/folder/x"),
        (["--observe", "--install", "x.py"], "choose one"),
        (["--trace"], "--trace needs the name of a file"),
        (["--trace", "/no/such/folder/x", "x.py"], "cannot write --trace /no/such/folder/x"),
        (["--trace", "/", "x.py"], "cannot write --trace /: Is a directory"),
        (["--install", "--trace", "x", "x.py"], "--trace needs --observe"),
        (["--", "no-such-script"], "there is no console-script no-such-script"),
        (["--", "sh"], "is no Python script"),
        (["--records", "/no/such/folder"], "is no folder of records"),
    ],
)
def test_a_wrong_command_line_is_refused_before_the_program_runs(arguments, message):
    done = tried(*arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "usage: python -m boto3_client_cache" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["-E", "-I"])  # with -S no installed package is found at all
def test_options_that_hide_the_environment_are_refused(option, tmp_path):
    done = plain(option, "-m", "boto3_client_cache", write_program(tmp_path, "print('run')"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "leave them out" in done.stderr


@pytest.mark.parametrize("arguments", [["no-such-program.py"], ["-m", "no_such_module"]])
def test_a_program_that_does_not_exist_has_pythons_own_status_and_message(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expected, found = plain(*arguments), tried(*arguments)
    assert found.returncode == expected.returncode != 0
    assert found.stderr.startswith(expected.stderr)


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_the_options(option):
    done = tried(option)
    assert done.returncode == 0
    assert "--observe" in done.stdout


def test_ctrl_c_while_it_is_measured_leaves_the_rest_of_the_report(tmp_path):
    """The terminal sends it to the program's process, which waits, and to those that measure."""
    source = "import boto3\nfor n in range(40): boto3.Session().client('sqs')"
    process = subprocess.Popen(
        [sys.executable, "-m", "boto3_client_cache", write_program(tmp_path, source)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert "Ctrl-C leaves that out" in process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    rest = process.communicate(timeout=120)[1]
    assert process.returncode == 0
    assert "sqs us-east-1" in rest
    assert "Traceback" not in rest


def test_what_runs_first_is_installed_with_the_package():
    assert (Path(boto3_client_cache_tryout.__file__).parent / "start" / "sitecustomize.py").is_file()
