"""Densities that levels are asked for, in place of fractions."""


def checked(densities, target_density: float | None) -> tuple[float, ...]:
    """Returns densities as floats, which fall from level to level.

    Args:
        densities: Density of levels 1, 2 and so on, several or none.
        target_density: Density of the last level, or None.

    Raises:
        ValueError: If they are no such numbers, or both are given.
    """
    if isinstance(densities, str | float | int):
        raise ValueError(
            "densities must be several numbers, such as (.5, .2). "
            f"Received: {densities!r}"
        )
    densities = tuple(float(each) for each in densities)
    if densities and target_density is not None:
        raise ValueError("Give densities or target_density, not both")
    for density in densities or (target_density,):
        if density is not None and not 0 < density <= 1:
            raise ValueError(
                "A density must be above 0 and at most 1: the part of the "
                f"weights that is kept. Received: {density}"
            )
    if list(densities) != sorted(set(densities), reverse=True):
        raise ValueError(
            "densities must fall from level to level. Received: "
            f"{', '.join(map(str, densities))}"
        )
    return densities


def of_level(
    level: int,
    levels: int,
    densities: tuple[float, ...],
    target_density: float | None,
) -> float | None:
    """Returns the density that a level is asked for, or None.

    Args:
        level: Number of prunings so far; 0 is asked for nothing.
        levels: Number of prunings in all.
        densities: As `checked` returns them.
        target_density: Density of the last level, or None. Each level leaves
            the same part of the one before.
    """
    if not level:
        return None
    if densities:
        return densities[level - 1]
    if target_density is not None:
        return target_density ** (level / levels)
    return None
