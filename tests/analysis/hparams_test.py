"""Tests of analysis/hparams, read back by TensorBoard's own plugin."""

import subprocess
import sys

import pytest
from tensorboard.backend.event_processing import (
    data_provider,
    plugin_event_multiplexer,
)
from tensorboard.context import RequestContext
from tensorboard.plugins.hparams import (
    api_pb2,
    backend_context,
    get_experiment,
    list_session_groups,
)

from lottery_ticket.analysis import hparams

NAN = float("nan")


def _write(folder, name, settings, metrics, step=10, start_s=5.0, end_s=7.0):
    (folder / name).mkdir(parents=True)
    data = hparams.session(
        name, settings, metrics, step=step, start_s=start_s, end_s=end_s
    )
    (folder / name / hparams.FILE).write_bytes(data)
    return data


def read_back(folder):
    """The experiment and session groups that TensorBoard makes of a folder."""
    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(folder))
    context = backend_context.Context(_Context(provider))
    asked, id = RequestContext(), ""
    everything = api_pb2.GetExperimentRequest()
    handler = get_experiment.Handler(asked, context, id, everything)
    experiment = handler.run()
    infos = [
        api_pb2.ColParams(hparam=info.name, include_in_result=True)
        for info in experiment.hparam_infos
    ]
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=100,
        allowed_statuses=[api_pb2.STATUS_SUCCESS],
        col_params=infos,
    )
    groups = list_session_groups.Handler(asked, context, id, request).run()
    return experiment, groups.session_groups


class _Context:
    """What the plugin takes of TensorBoard."""

    def __init__(self, provider):
        self.data_provider = provider


def test_settings_that_differ():
    found = hparams.differing(
        [
            {"lr": 0.1, "b": 2, "same": [1], "seed": 1},
            {"lr": 0.2, "b": None, "same": [1], "new": 3, "seed": 1},
        ]
    )
    assert found == ["b", "lr"]
    assert hparams.differing([]) == []


def test_tensorboard_reads_what_was_written(tmp_path):
    settings = {"lr": 0.1, "name": "adam", "flag": True, "layers": [1, 2]}
    _write(tmp_path, "trial1/0/a", {**settings, "no": None}, {"test/loss": 0.5})
    _write(tmp_path, "trial2/0/a", {**settings, "lr": 0.2}, {"test/loss": 0.25})
    experiment, groups = read_back(tmp_path)
    assert {x.name for x in experiment.hparam_infos} == {*settings}
    tags = {info.name.tag for info in experiment.metric_infos}
    assert tags == {"test/loss"}
    first, second = sorted(groups, key=lambda group: group.name)
    assert first.name == "trial1/0/a"
    assert first.hparams["lr"].number_value == 0.1
    assert first.hparams["flag"].bool_value is True
    assert first.hparams["name"].string_value == "adam"
    assert first.hparams["layers"].string_value == "[1, 2]"
    [value] = second.metric_values
    assert (value.value, value.training_step) == (0.25, 10)
    [session] = second.sessions
    assert session.start_time_secs == 5 and session.end_time_secs == 7
    assert session.status == api_pb2.STATUS_SUCCESS


def test_the_same_again_is_the_same_bytes(tmp_path):
    settings = {name: 1 for name in "abcdefgh"}
    times = {"start_s": NAN, "end_s": NAN}
    first = _write(tmp_path, "a", settings, {"loss": 1.0}, **times)
    backwards = {name: settings[name] for name in reversed(settings)}
    again = hparams.session("a", backwards, {"loss": 1.0}, step=10, **times)
    assert first == again


@pytest.mark.slow
def test_it_loads_no_tensorflow():
    code = (
        "import sys; from lottery_ticket.analysis import hparams; "
        "hparams.session('a', {'b': 1}, {'c': 2.0}, step=1, start_s=0.0, "
        "end_s=1.0); sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
