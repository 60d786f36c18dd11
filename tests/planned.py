"""Experiments as tests run them: a plan made, and carried out."""


def run(plan, *args, **options):
    """Does what a call of an experiment's `plan` would do."""
    plan(*args, **options).run()


def is_complete(plan, *args, **options):
    """Whether a call of an experiment's `plan` would do nothing."""
    return plan(*args, **options).is_complete
