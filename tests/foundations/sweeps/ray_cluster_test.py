"""Tests of foundations/sweeps/ray_cluster."""

import socket
import subprocess
import sys
import types

import pytest

from lottery_ticket.foundations.sweeps import ray_cluster
from lottery_ticket.tests import waiting


def test_a_wrong_address_is_said_at_once(monkeypatch):
    monkeypatch.setattr(ray_cluster, "_load", types.SimpleNamespace)
    for address in ("nonsense", "ray://host:10001", "host:"):
        with pytest.raises(ValueError, match=f"HOST:PORT or auto.*{address}"):
            ray_cluster.join(address)
    with socket.socket() as closed:  # Bound, and nobody listens.
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(
            ValueError, match=f"join at address={address} .*ref"
        ):
            ray_cluster.join()


def test_who_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(ray_cluster, "TRY_S", 0.2)
    monkeypatch.setattr(ray_cluster, "_TRY", "import time\ntime.sleep(60)")
    with pytest.raises(ValueError, match="no answer of Ray within 0.2 s"):
        ray_cluster._try_to_join("auto")
    text = "import sys\nsys.exit('noise\\nWhy not: Version mismatch\\nmore')"
    monkeypatch.setattr(ray_cluster, "_TRY", text)
    monkeypatch.setattr(ray_cluster, "TRY_S", waiting.LIMIT_S)
    with pytest.raises(ValueError, match=r"\(Version mismatch\)"):
        ray_cluster._try_to_join("auto")


def test_ray_is_an_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.exceptions", None)
    with pytest.raises(RuntimeError, match="pip install 'lottery_ticket.ray."):
        ray_cluster.join("auto")


def test_nothing_of_ray_is_loaded_by_others():
    code = (
        "import sys, lottery_ticket.runners.argfile_runner; "
        "sys.exit('ray' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
