"""Tests of experiments/tickets/compact_texts.py."""

from lottery_ticket.experiments.tickets import compact_texts

FACTS = {
    "difference": 2.5e-7,
    "examples": 1000,
    "weights": (2000, 500),
    "multiply_adds": (0, 0),
    "file_bytes": (123456, 12345),
    "latency_ms": {"1": (0.5, 0.25), "100": (12.345, 20.0)},
    "latency_calls": 50,
    "device": "CPU, 2 threads",
    "layers": [
        {
            "path": "conv",
            "inputs": (3, 3),
            "outputs": (16, 8),
            "weights": (1500, 400),
            "multiply_adds": (None, None),
            "why": "1 constant stays: the network gives them",
        },
        {
            "path": "logits",
            "inputs": (16, 8),
            "outputs": (10, 10),
            "weights": (500, 100),
            "multiply_adds": (0, 0),
            "why": "",
        },
    ],
}


def test_all_facts_are_told():
    assert compact_texts.text(FACTS).splitlines() == [
        "Outputs agree to 2.5e-07 of the largest, over 1,000 test examples",
        "",
        "                        before   after",
        "  weights                2,000     500   25 %",
        "  multiply-adds              0       0",
        "  bytes of the file    123,456  12,345   10 %",
        "  ms for 1 example         0.5    0.25   50 %",
        "  ms for 100 examples     12.3      20  162 %",
        "",
        "  Times of a call: medians of 50, on CPU, 2 threads",
        "",
        "  layer   inputs  outputs      weights  multiply-adds",
        "  conv         3   16 > 8  1,500 > 400              ?",
        "    1 constant stays: the network gives them",
        "  logits  16 > 8       10    500 > 100              0",
    ]


def test_equal_outputs_are_said_to_be():
    text = compact_texts.text({**FACTS, "difference": 0.0})
    assert text.startswith("Outputs are equal to the bit, over 1,000 test")


def test_reasons_fit_the_terminal():
    lines = compact_texts.text(FACTS, 42).splitlines()
    assert "    1 constant stays: the network gives" in lines
    assert "    them" in lines
