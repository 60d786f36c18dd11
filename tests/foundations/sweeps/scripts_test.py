"""Tests of foundations/sweeps/scripts."""

import sys

import pytest

from lottery_ticket.foundations.sweeps import scripts

KNOWN = scripts.modules("lottery_ticket.foundations.sweeps")


@pytest.fixture(autouse=True)
def _own_interpreter_state(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "argv", list(sys.argv))


@pytest.fixture
def write(tmp_path):
    def write_file(name, text):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write_file


def test_a_bare_name_is_a_module_of_the_package():
    assert (
        scripts.find("runner", "worker", KNOWN)
        == "lottery_ticket.foundations.sweeps.worker"
    )


def test_a_path_is_a_file(write, tmp_path, monkeypatch):
    path = write("mine.py", "")
    monkeypatch.chdir(tmp_path)
    assert scripts.find("runner", "mine.py", KNOWN) == path
    assert scripts.find("runner", "./mine.py", KNOWN) == path


def test_a_dotted_module_is_itself(write, tmp_path, monkeypatch):
    (tmp_path / "lab").mkdir()
    write("lab/mine.py", "raise RuntimeError('It was run.')")
    monkeypatch.chdir(tmp_path)
    assert scripts.find("runner", "lab.mine", KNOWN) == "lab.mine"


def test_an_unknown_name_names_the_nearest():
    with pytest.raises(ValueError, match="Unknown runner.*mean 'worker'"):
        scripts.find("runner", "wroker", KNOWN)


@pytest.mark.parametrize("name", ["mine.py", "lab/mine"])
def test_a_file_that_is_not_there(name):
    with pytest.raises(ValueError, match="No runner at .*no such file"):
        scripts.find("runner", name, KNOWN)


def test_command_and_kind():
    module, program, text = "lab.mine", "/lab/mine.py", "/lab/lines.txt"
    assert scripts.command(module, ["--a"])[1:] == ["-m", module, "--a"]
    assert scripts.command(program, ["--a"])[1:] == [program, "--a"]
    assert scripts.is_python(module) and scripts.is_python(program)
    assert not scripts.is_python(text)


def test_defined_names_are_read_without_running(write):
    path = write(
        "mine.py",
        "import os, json as j\nfrom a import RUN\nIS_COMPLETE: object = len\n"
        "x = y, z = 1, 2\ndef main(): inner = 1\nraise RuntimeError",
    )
    names = {"os", "j", "RUN", "IS_COMPLETE", "x", "y", "z", "main"}
    assert scripts.defined_names(path) == names


def test_a_script_that_is_not_python(write):
    with pytest.raises(ValueError, match="mine.py is not Python"):
        scripts.defined_names(write("mine.py", "def main(:"))


def test_load_imports_once_and_sees_neighbours(write):
    write("neighbour_of_mine.py", "VALUE = 3")
    path = write("mine.py", "import neighbour_of_mine as n\nLIST = [n.VALUE]")
    scripts.load(path).LIST.append(4)
    assert scripts.load(path).LIST == [3, 4]


def test_main_gets_the_words(write, capsys):
    path = write("mine.py", "def main(argv=None): print(argv)")
    scripts.run(path, ("--a=1", "b"))
    assert capsys.readouterr().out == "['--a=1', 'b']\n"


@pytest.mark.parametrize(
    "text",
    [
        "import sys\ndef main(): print(sys.argv[1:])",
        "import sys\nif __name__ == '__main__': print(sys.argv[1:])",
    ],
)
def test_without_arguments_words_are_in_argv(write, capsys, text):
    scripts.run(write("mine.py", text), ["--a=1"])
    assert capsys.readouterr().out == "['--a=1']\n"


def test_a_module_without_main_is_run(write, tmp_path, monkeypatch, capsys):
    write("module_of_mine.py", "import sys\nprint(__name__, sys.argv[1:])")
    monkeypatch.chdir(tmp_path)
    sys.path.append(str(tmp_path))
    scripts.run("module_of_mine", ["--a=1"])
    assert capsys.readouterr().out == "__main__ ['--a=1']\n"


def test_a_runner_is_a_command_with_words_of_its_own():
    runner = scripts.Runner("lab.mine", ("train",))
    assert runner.command(("--a",))[1:] == ["-m", "lab.mine", "train", "--a"]
    assert not runner.can_skip


def test_what_a_script_declares_is_found_without_running_others(write):
    assert scripts.declared(write("a.py", "raise RuntimeError")) is None
    text = "def RUN(output_dir: str): ..."
    assert scripts.declared(write("b.py", text)).parameters["output_dir"]


def test_a_runner_of_0_1_0_says_what_it_lacks(write):
    path = write("mine.py", "RUN = len\nIS_COMPLETE = len")
    with pytest.raises(ValueError, match="declares IS_COMPLETE, which nothing"):
        scripts.declared(path)
