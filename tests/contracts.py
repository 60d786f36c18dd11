"""What every entry of a registry promises."""

import inspect

from lottery_ticket.foundations.values import entries


def check_entries(registry, *arguments):
    """Checks a dict of entries.

    Args:
        registry: Dict, name -> entries.Entry.
        arguments: What its functions are called with, in words.
    """
    for name, entry in registry.items():
        assert isinstance(entry, entries.Entry), name
        for text in (entry.label, entry.help, entry.source):
            assert text and text == " ".join(text.split()), name
        assert not entry.help.endswith("."), name
        assert "https://" in entry.source or entry.source == entries.HERE, name
        if entry.function is not None:
            inspect.signature(entry.function).bind(*arguments)
    looks = [
        (entry.family, entry.variant)
        for entry in registry.values()
        if entry.family is not None
    ]
    assert len(set(looks)) == len(looks)
    for family, variant in looks:  # Without a gap: the first is solid.
        assert all((family, each) in looks for each in range(variant))
    references = [each for each in registry.values() if each.is_reference]
    assert len(references) <= 1
    assert all(each.family is None for each in references)
