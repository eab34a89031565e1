"""``preload(..., progress=...)`` with the progress bars that people use."""

import io

import pytest
from botocore.exceptions import UnknownServiceError
from rich.console import Console
from rich.progress import track
from tqdm import tqdm

from boto3_client_cache import models_info, preload

SERVICES = ("sqs", "sns", "sts")


def held_services():
    return {model.path.split("/")[-3] for model in models_info().models}


def test_tqdm_fits_as_it_is(capsys):
    preload(*SERVICES, progress=tqdm)
    assert "3/3" in capsys.readouterr().err
    assert set(SERVICES) <= held_services()


def test_a_bar_of_ones_own_settings_fits():
    shown = io.StringIO()
    preload(*SERVICES, progress=lambda services: tqdm(services, desc="models", file=shown, mininterval=0))
    assert "models:   0%" in shown.getvalue()
    assert "1/3" in shown.getvalue()
    assert "models: 100%" in shown.getvalue()


def test_richs_track_fits():
    shown = Console(file=io.StringIO(), force_terminal=True)
    preload(*SERVICES, progress=lambda services: track(services, console=shown))
    assert "100%" in shown.file.getvalue()


def test_each_service_is_loaded_as_it_comes_up():
    seen = []

    def watch(services):
        assert services == ("sqs", "no-such-service", "sns")
        for service in services:
            seen.append(service)
            yield service

    with pytest.raises(UnknownServiceError, match="no-such-service"):
        preload("sqs", "no-such-service", "sns", progress=watch)
    assert seen == ["sqs", "no-such-service"]


def test_no_service_is_no_progress(capsys):
    preload(progress=tqdm)
    assert "0it" in capsys.readouterr().err
