"""What newcomers type: one line says cause and cure, and nothing is done."""

import re
import shlex
import subprocess
import sys

import pytest

from lottery_ticket.runners import main
from lottery_ticket.tests.analysis import fake_results

# Command line -> what the line on stderr must say, cause and cure.
OF_COMMANDS = {
    "trian --output_dir=out": "Unknown command.*Did you mean 'train'",
    "lottery-experimnt": "Did you mean 'lottery_experiment'",
    "branches --help": "Unknown command 'branches'.*Did you mean 'branch'",
    "--recipe=mnist_fc": "A command comes before --recipe=mnist_fc",
    "help trian": "Unknown command.*Did you mean 'train'",
    "train --help epochs": "Here it is --training_len",
    "recipes mnist_lenet": "Unknown name of recipes.*Did you mean 'mnist_fc'",
    "recipes nosuch": "Known: .*digits_fc",
    "networks lenet": "Did you mean 'fc'",
    "datasets imagnet": "Did you mean 'imagenet'",
    "criteria magnitude": "Did you mean 'large_final'",
    "recipes a b": "Too many words on the line: 'b'",
    "ticket packk": "Unknown verb 'packk'.*Did you mean 'pack'",
    "ticket --with=both": "A verb comes before --with=both: .* ticket VERB",
    "ticket pack": "--run is missing.*ticket pack --help",
    "ticket pack out --wit=both": "Did you mean --with[?]",
    "ticket pack out --with": "--with is missing its value",
    "ticket pack out --with=both --with=final": "--with is given twice",
    "ticket pack empty": "Expected the folder of a finished run.*empty, which",
    "ticket show nosuch.ticket": "No file at nosuch.ticket",
    "ticket show file.txt": "file.txt cannot be read: it is no ticket",
    "ticket show nosuch://a.ticket": "Cannot reach nosuch://a.ticket",
    "ticket verify file.txt": "file.txt",
    "ticket unpack file.txt": "--output_dir is missing",
    "ticket unpack file.txt --output_dir=out": "it is no ticket",
    "train out --ticket=nosuch.ticket": "No file at nosuch.ticket",
    "train out --ticket=empty": "Expected the folder of a finished run",
    "train out --ticket=x.ticket --lr=.1": "use branch. Received: --lr",
    "train out --ticket=x.ticket --masks=a": "use branch. Received: --masks",
    "help ticket pakc": "Unknown verb 'pakc'.*Did you mean 'pack'",
    "completion tcsh": "Unknown shell 'tcsh'.*Known: bash, zsh, fish",
}
# Of train, and of all that trains.
OF_FLAGS = {
    "": "--output_dir is missing.*train --help",
    "out out2": "Too many words on the line: 'out2'",
    "out recipe=digits_fc": "write --recipe=digits_fc, with two hyphens",
    "out –lr=.1": "write --lr=.1, with two hyphens",
    "out --epochs=20": "Here it is --training_len=20ep",
    "out --learning_rate=.1": "Here it is --lr=.1",
    "out --batch_size 32": "Here it is --train_batch_size",
    "out --gpu=0": "CUDA_VISIBLE_DEVICES=0",
    "out --device=cuda": "CUDA_VISIBLE_DEVICES=0",
    "out --sparsity=.9": "'sparsity'. --fractions is the part pruned",
    "out --lerning_rate=.1": "'lerning_rate'. Did you mean --lr",
    "out --hiden_units=30": "Did you mean --hidden_units",
    "--hidden_units=300, 100": "without the space: --hidden_units=300,100",
    "out --hidden_units 300, 100": "Write it without the space: 300,100",
    "out --hidden_units=300x100": "integers such as 300,100",
    "out --lr = .1": "Write it without spaces: --lr=.1",
    "out --lr=0,1": "--lr must be a number. Received: '0,1'",
    "out --lr": "--lr is missing its value",
    "out --lr=.1 --lr=.2": "--lr is given twice",
    "out --lr=0": "lr must be a number, above 0. Received: 0.0",
    "out --momentum=9": "momentum must be .* below 1. Received: 9.0",
    "out --fractions=.2": "pairs such as .*, or .*=.2 for all layers",
    "out --recipe=mnist": "Unknown recipe 'mnist'.*Did you mean 'mnist_fc",
    "out --dataset=minst": "Unknown dataset 'minst'.*Did you mean 'mnist'",
    "out --model=lenet": "Unknown model 'lenet'.*Did you mean 'fc'",
    "out --model=net.py:make": "net.py",
    "out --optimizer=admw": "'admw'. Did you mean 'adam'",
    "out --schedule=linear": "Unknown schedule.*Known: constant",
    "out --dtype=float16": "Unknown dtype.*Known: .*mixed_float16",
    "out --training_len=20": "such as '500it' or '20ep'. Received: '20'",
    "out --training_len=1h": "such as '500it' or '20ep'. Received: '1h'",
    "out --training_len=0ep": "training_len must be above 0",
    "out --seed=abc": "--seed must be an integer. Received: 'abc'",
    "out --seed=-1": "seed must be an integer, at least 0. Received: -1",
    "out --quiet=maybe": "--quiet must be True or False",
    "out --test_interval=0": "test_interval must be .* at least 1",
    "out --masks=nosuch": "nosuch",
    "out --presets=nosuch": "nosuch",
    "out --dataset=imagenet --data_dir=nosuch": "needs a --data_dir with",
}
OF_FILES = {
    "train file.txt": "file.txt: a file is where a folder should be",
    "train file.txt/out": "file.txt.*a file is where a folder should be",
    "train --output_dir=": "--output_dir must be some text",
    "train out --config=nosuch.yaml": "No file at nosuch.yaml",
    "train out --config=rare_gems/resnet20": "Did you mean 'rare_gems/resnet20",
    "train out --config=bad.yaml": "bad.yaml is not YAML",
    "train out --config=unknown.yaml": (
        "unknown.yaml, line 2: Unknown flag 'epochs'. Here it is "
        "--training_len=20ep"
    ),
    "train out --config=wrong.yaml": "wrong.yaml, line 1: --lr must be a num",
    "train out --config=beyond.yaml": "beyond.yaml, line 3: lr must be a num",
    "train out --config=empty": "No file at empty",
    "train out --config=results/trial1/0/same_init/run.json": (
        "holds a run of lottery_experiment, and this is train"
    ),
    "train out --dataset=nosuch.npz": "nosuch.npz.*nothing is there",
    "train out --dataset=data.csv": "Name the column to predict, as in",
    "train out --dataset=data.csv:lable": "Its columns are a, b, label",
    "train out --dataset=gap.csv:label": "no missing values.*in row 3",
    "train out --dataset=words.csv:label": "must hold numbers.*in row 2",
    "train out --dataset=empty": "empty/ must hold a folder of images for each",
    "report": "--output_dir is missing",
    "report nosuch": "No results folder at 'nosuch'",
    "report empty": "empty holds no complete run",
    "report results results2": "Too many words on the line: 'results2'",
    "report results --levels=99": "Unknown level '99'. Known: 0",
    "report results --levels=x": "--levels must be integers .* or 0-3,7",
    "report results --levels=7-3": "--levels must be integers .* or 0-3,7",
    "report results --experiments=reinitt": "Unknown experiment.*Known: same",
    "mask_facts nosuch": "No results folder at 'nosuch'",
    "download_data --datasets=mnits --data_dir=out": "Did you mean 'mnist'",
    "download_data": "--datasets is missing",
}
OF_EXPERIMENTS = {
    "lottery_experiment out --iterations=-1": "iterations must be",
    "lottery_experiment out --iterations=twelve": "must be an integer",
    "lottery_experiment out --densities=.1,.5": "densities must fall",
    "lottery_experiment out --densities=50,20": "at most 1. Received: 50.0",
    "lottery_experiment out --fractions=fc1=.2": "'fc1'. Known: layer0, layer1",
    "lottery_experiment out --criterion=snipp": "Did you mean 'snip'",
    "lottery_experiment out --rewind_iteration=500": "such as '500it' or",
    "lottery_experiment out --retraining=lr-rewind": "Did you mean 'lr_rewind'",
    "lottery_experiment out --scope=globl": "Did you mean 'global'",
    "lottery_experiment out --mask_1_action=rewnd": "Did you mean 'rewind'",
    "prune_at_init out --density=10": "density must be .* at most 1",
    "prune_at_init out --sparsity=.9": "1 - sparsity: --density",
    "gem_miner out --algo=gem": "Unknown algo",
    "gem_miner out --recipe=digits_fc_gem --density=5": "density must be",
    "branch out": "--ticket is missing",
    "branch out --ticket=nosuch": "nosuch",
    "instability out --ticket=empty": "empty",
    "instability out --ticket=results/trial1/0/same_init --points=1": (
        "points of a line must be an integer, at least 2"
    ),
    "instability out --ticket=results/trial1/0/same_init --iteration=500": (
        "such as '500it' or '20ep'"
    ),
    "untrained out": "--run is missing",
    "supermask out --sigmoid_bias=high": "--sigmoid_bias must be a number",
}
TRIALS = "lottery_experiment lottery_experiment_argfile"
OF_SWEEPS = {
    "": "--runner is missing",
    "train": "--argfile is missing",
    "trian lottery_experiment_argfile": "Unknown runner.*Did you mean 'train'",
    "lottery_experiment lottery_argfile": "Did you mean 'lottery_experiment_",
    "train nosuch.txt": "Unknown argfile|No argfile at 'nosuch.txt'",
    "train empty.txt": "has no line to run",
    "train wrong.txt": "Line 1, --output_dir=b --lrr=1: Unknown flag 'lrr'",
    f"{TRIALS} --output_dir=out --trails=5": "Did you mean --trials",
    TRIALS: "--output_dir is missing",
    f"{TRIALS} --output_dir=out --trials=0": "trials must be .* at least 1",
    "branch branch_argfile --output_dir=out --levels=7-3": "such as.* 0-3,7",
    "branch branch_argfile --output_dir=out --experiment=reinitt": "'reinit'",
    "train lines.txt --devices=0": "no GPU is seen here.*devices=cpu",
    "train lines.txt --devices=cpu*0": "takes 1 to",
    "train lines.txt --workers_per_device=0": "at least 1",
}
# They start a process.
SLOW = f"argfile_runner ({TRIALS} --|branch branch)"
MISTAKES = {
    **OF_COMMANDS,
    **{f"train {line}": text for line, text in OF_FLAGS.items()},
    **OF_FILES,
    **OF_EXPERIMENTS,
    **{f"argfile_runner {line}": text for line, text in OF_SWEEPS.items()},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What a newcomer has lying about."""
    path = tmp_path_factory.mktemp("newcomer")
    for name, text in {
        "file.txt": "notes",
        "empty.txt": "# nothing\n",
        "lines.txt": "--output_dir=a\n--output_dir=b --lrr=1\n",
        "wrong.txt": "--output_dir=b --lrr=1\n",
        "bad.yaml": "lr: [.1\n",
        "unknown.yaml": "lr: .1\nepochs: 20\n",
        "wrong.yaml": "lr: fast\n",
        "beyond.yaml": "# Mine.\nseed: 1\nlr: -1\n",
        "data.csv": "a,b,label\n1,2,0\n3,4,1\n",
        "gap.csv": "a,b,label\n1,2,0\n3,,1\n",
        "words.csv": "a,b,label\nred,2,0\nblue,4,1\n",
    }.items():
        (path / name).write_text(text)
    (path / "empty").mkdir()
    fake_results.write_run(str(path / "results"), 1, 0)
    return path


def content(folder):
    return sorted(
        (str(path), path.stat().st_mtime_ns) for path in folder.rglob("*")
    )


def test_they_are_many():
    assert len(MISTAKES) >= 60


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(
            line, marks=[pytest.mark.slow] if re.match(SLOW, line) else []
        )
        for line in MISTAKES
    ],
)
def test_a_mistake_is_one_line_with_cause_and_cure(
    line, folder, monkeypatch, capfd
):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(sys, "argv", ["lottery-ticket"])
    before = content(folder)
    with pytest.raises(SystemExit) as stop:
        main.main(shlex.split(line))
    out, err = capfd.readouterr()
    assert (stop.value.code, out) == (2, "")
    (text,) = err.splitlines()
    assert text.startswith("Error: ")
    assert re.search(MISTAKES[line], text), text
    assert content(folder) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "trian --output_dir=out",
        "train --hidden_units=300, 100",
        "report results --levels=99",
        "train out --dataset=data.csv:lable",
        "argfile_runner train wrong.txt",
    ],
)
def test_a_process_says_the_same(line, folder):
    module = "lottery_ticket"
    done = subprocess.run(
        [sys.executable, "-m", module, *shlex.split(line)],
        capture_output=True,
        text=True,
        cwd=folder,
    )
    (text,) = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert text.startswith("Error: ") and re.search(MISTAKES[line], text)
