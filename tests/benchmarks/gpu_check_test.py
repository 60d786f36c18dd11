"""Tests of benchmarks/gpu_check: its file, its refusals, and the real thing."""

import json
import subprocess
import sys

import pytest

from lottery_ticket.benchmarks import gpu_check
from lottery_ticket.benchmarks.gpu_checks import gpu_promises, promises
from lottery_ticket.foundations.machine import hardware


def promise(name, verdict):
    return promises.Promise(name, f"The promise {name}", lambda _: verdict)


KEPT = promise("kept", promises.judged(True, "2 of 2", ratio=2.0))
MISSED = promise("missed", promises.judged(False, "1 of 2"))


@pytest.fixture
def made_up(monkeypatch):
    monkeypatch.setattr(gpu_promises, "PROMISES", (KEPT, MISSED))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    # They load TensorFlow.
    monkeypatch.setattr(hardware, "device", lambda: "CPU, 2 threads")
    monkeypatch.setattr(hardware, "facts", lambda: {"processor": "EPYC"})


@pytest.mark.usefixtures("made_up")
def test_the_file_holds_machine_and_verdicts(tmp_path, capsys):
    out = tmp_path / "check.json"
    with pytest.raises(SystemExit) as end:
        gpu_check.gpu_check(out=str(out))
    assert end.value.code == 1
    found = json.loads(out.read_text())
    verdicts = {n: each["verdict"] for n, each in found["promises"].items()}
    assert verdicts == {"kept": "held", "missed": "broken"}
    assert found["promises"]["kept"]["numbers"] == {"ratio": 2.0}
    assert found["device"] == "CPU, 2 threads"
    assert found["machine"] == {"processor": "EPYC"}
    assert {"tensorflow", "keras"} <= set(found["versions"])
    printed = capsys.readouterr().out
    assert "missed   broken" in printed
    assert "No GPU here" in printed


@pytest.mark.usefixtures("made_up")
def test_nothing_is_broken_among_some(capsys):
    gpu_check.gpu_check(only=("kept",))
    assert "missed" not in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "{}", "something else"])
@pytest.mark.usefixtures("made_up")
def test_a_file_that_is_there_stays(tmp_path, content):
    out = tmp_path / "check.json"
    out.write_text(content)
    with pytest.raises(ValueError, match="is there already"):
        gpu_check.gpu_check(out=str(out))
    assert out.read_text() == content


def test_an_unknown_name_is_refused_with_the_list():
    known = [each.name for each in gpu_promises.PROMISES]
    with pytest.raises(ValueError, match=f"Known: {', '.join(known)}"):
        gpu_check.gpu_check(only=("recipe",))
    assert all(f"{name}" in gpu_check.gpu_check.__doc__ for name in known)


@pytest.mark.usefixtures("made_up")
def test_a_gpu_s_file_is_asked_for(monkeypatch, capsys):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    gpu_check.gpu_check(only=("kept",))
    assert "Please send the JSON file" in capsys.readouterr().out


@pytest.mark.slow
def test_the_real_thing_holds_on_a_cpu(tmp_path):
    """Without what is timed, as other tests run meanwhile, and what is long."""
    out = tmp_path / "check.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", gpu_check.__name__, "--quick"),
            *("--only=device,resume", f"--out={out}"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(out.read_text())["promises"]
    assert {n: each["verdict"] for n, each in found.items()} == {
        "device": "untried",
        "resume": "held",
    }
