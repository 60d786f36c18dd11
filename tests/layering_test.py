"""Imports go down only, and plain modules stay plain."""

import ast
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Folder -> folders of ours that it may import from, beside its own.
MAY_IMPORT = {
    "foundations": set(),
    "datasets": {"foundations"},
    "models": {"foundations"},
    "analysis": {"foundations"},
    "experiments": {"foundations", "datasets", "models"},
    "argfiles": {"foundations", "experiments"},
    "runners": {"foundations", "datasets", "experiments", "analysis"},
}
# Modules whose users have asked to train, and so may load TensorFlow.
LOADS_TENSORFLOW = {
    "foundations/training/batches.py",
    "foundations/training/evaluation.py",
    "foundations/keras_model.py",
    "foundations/networks/layer_builders.py",
    "foundations/networks/keras_private.py",
    "foundations/networks/kernels.py",
    "foundations/networks/flow.py",
    "foundations/networks/flow_layers.py",
    "foundations/networks/tracing.py",
    "foundations/training/line_evaluation.py",
    "foundations/training/network_evaluation.py",
    "foundations/training/norm_statistics.py",
    "foundations/training/norm_tracing.py",
    "foundations/training/optimizer_settings.py",
    "foundations/training/training_step.py",
    "foundations/training/learning_rate.py",
    "foundations/mask_constraint.py",
    "foundations/model_base.py",
    "foundations/training/momentum.py",
    "foundations/networks/network_variables.py",
    "foundations/training/programs.py",
    "foundations/training/resumable_run.py",
    "foundations/trainer.py",
    "foundations/supermasks/mask_source.py",
    "foundations/supermasks/masked_network.py",
    "foundations/supermasks/sampled_masks.py",
    "foundations/supermasks/scored_masks.py",
    "foundations/supermasks/searched_model.py",
    "models/model_conv.py",
    "models/model_fc.py",
    "models/model_mobilenet.py",
    "models/model_resnet.py",
    "models/model_resnet_imagenet.py",
    "models/model_vgg.py",
    "models/model_wide_resnet.py",
    "models/residual.py",
}
SLOW = {"tensorflow", "keras", "pandas", "matplotlib", "sklearn", "torch"}
MODULES = sorted(
    str(path.relative_to(ROOT))
    for folder in MAY_IMPORT
    for path in (ROOT / folder).rglob("*.py")
)


TREES = {module: ast.parse((ROOT / module).read_text()) for module in MODULES}


def lazy_blocks(module):
    """Blocks of imports that are carried out when they are first used."""
    for node in TREES[module].body:
        if isinstance(node, ast.With):
            if ast.unparse(node.items[0]) == "lazy.imports()":
                yield node


def imported(module):
    """Dotted names that a module imports, and when: "now", "lazily", "inside"
    functions."""
    when = {id(node): "now" for node in TREES[module].body}
    for block in lazy_blocks(module):
        when.update({id(node): "lazily" for node in block.body})
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, when.get(id(node), "inside")
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name, when.get(id(node), "inside")


def test_imports_go_down():
    for module in MODULES:
        folder = module.split("/")[0]
        for name, _ in imported(module):
            parts = name.split(".")
            if parts[0] == "lottery_ticket":
                allowed = MAY_IMPORT[folder] | {folder}
                assert parts[1] in allowed, f"{module} imports {name}"


def test_plain_modules_load_nothing_slow():
    for module in MODULES:
        plain = module not in LOADS_TENSORFLOW
        allowed = set() if plain else {"tensorflow", "keras"}
        for name, when in imported(module):
            if when == "now":
                assert name.split(".")[0] not in SLOW - allowed, (module, name)
            path = name.replace("lottery_ticket.", "").replace(".", "/") + ".py"
            if plain and when != "lazily":
                assert path not in LOADS_TENSORFLOW, (module, path)


def test_lazy_blocks_hold_imports_alone():
    for module in MODULES:
        for block in lazy_blocks(module):
            kinds = {type(node) for node in block.body}
            assert kinds <= {ast.Import, ast.ImportFrom}, module


def test_init_files_are_empty_and_modules_have_docstrings():
    for module, tree in TREES.items():
        if module.endswith("__init__.py"):
            assert not tree.body, module
        else:
            assert ast.get_docstring(tree), module


def test_every_module_has_a_test_of_its_name():
    for module in MODULES:
        if module.endswith("__init__.py") or module.startswith("runners/"):
            continue  # Thin runners are tested together, in main_test.
        test = ROOT / "tests" / module.replace(".py", "_test.py")
        assert test.is_file(), test


def test_packages_are_all_listed_in_setup():
    setup = (ROOT / "setup.py").read_text()
    for folder in {str(pathlib.Path(module).parent) for module in MODULES}:
        assert f'"lottery_ticket.{folder.replace("/", ".")}"' in setup
