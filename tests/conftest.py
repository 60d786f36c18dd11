"""Silences TensorFlow, lets examples take long, and puts golden bytes first."""

import logging
import os

import hypothesis

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# What it says of retracing depends on tests before; it is no message of ours.
logging.getLogger("tensorflow").setLevel(logging.ERROR)
hypothesis.settings.register_profile(
    "any_machine",
    max_examples=40,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("any_machine")


def pytest_collection_modifyitems(items):
    """Puts the longest files first, so that no process ends long after all."""
    long = (
        *("runners/reproduce", "golden", "readme", "runners/resume"),
        *("runners/commands", "recurrent", "ticket_round_trips"),
        *("conformance", "models/registry", "gem_networks", "find_ticket"),
    )
    items.sort(key=lambda item: not any(name in item.nodeid for name in long))
