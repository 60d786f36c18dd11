"""Tests of foundations/machine/environment.py."""

import json

from lottery_ticket.foundations.machine import environment


def test_the_environment_is_json():
    facts = environment.facts()
    assert json.loads(json.dumps(facts)) == facts
    assert {"tensorflow", "keras", "numpy", "python"} <= set(facts)
