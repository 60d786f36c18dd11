"""What `ticket compact` prints."""

import textwrap

_HEADS = ("layer", "inputs", "outputs", "weights", "multiply-adds")
_WIDE = 100


def text(facts: dict, columns: int | None = None) -> str:
    """Returns the facts of a smaller network as tables.

    Args:
        facts: As `compact` writes them.
        columns: Width of the terminal; None is as wide as it needs.
    """
    agree = "are equal to the bit"
    if facts["difference"]:
        agree = f"agree to {facts['difference']:.1e} of the largest"
    lines = [
        f"Outputs {agree}, over {facts['examples']:,} test examples",
        "",
        *_aligned(_sizes(facts)),
        "",
        f"  Times of a call: medians of {facts['latency_calls']}, on "
        f"{facts['device']}",
        "",
    ]
    rows = _aligned([_HEADS, *(_layer(each) for each in facts["layers"])])
    whys = ["", *(each["why"] for each in facts["layers"])]
    for row, why in zip(rows, whys, strict=True):
        lines.append(row.rstrip())
        if why:
            width = max(40, columns or _WIDE)
            lines += textwrap.wrap(
                why, width, initial_indent="    ", subsequent_indent="    "
            )
    return "\n".join(lines)


def _sizes(facts):
    """Rows of the first table."""
    yield "", "before", "after", ""
    for name, key in (
        ("weights", "weights"),
        ("multiply-adds", "multiply_adds"),
        ("bytes of the file", "file_bytes"),
    ):
        before, after = facts[key]
        yield name, f"{before:,}", f"{after:,}", _share(before, after)
    for size, (before, after) in facts["latency_ms"].items():
        plural = "" if size == "1" else "s"
        yield (
            f"ms for {size} example{plural}",
            f"{before:.3g}",
            f"{after:.3g}",
            _share(before, after),
        )


def _layer(layer):
    """One row of the second table."""
    numbers = [
        layer[key] for key in ("inputs", "outputs", "weights", "multiply_adds")
    ]
    return layer["path"], *map(_change, numbers)


def _change(pair):
    before, after = ("?" if each is None else f"{each:,}" for each in pair)
    return before if before == after else f"{before} > {after}"


def _share(before, after):
    return f"{100 * after / before:.3g} %" if before else ""


def _aligned(rows):
    """Lines of a table: names on the left, numbers on the right."""
    rows = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *numbers in rows:
        cells = [
            number.rjust(width)
            for number, width in zip(numbers, widths[1:], strict=True)
        ]
        lines.append("  ".join([f"  {name.ljust(widths[0])}", *cells]))
    return [line.rstrip() for line in lines]
