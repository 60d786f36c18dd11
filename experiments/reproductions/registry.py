"""All studies, by name: the list that `reproduce` shows and runs."""

from lottery_ticket.experiments.reproductions import (
    adnan,
    arora_teuscher,
    frankle,
    frankle_carbin,
    frankle_carbin_deep,
    frontier,
    sreenivasan,
    zhou,
)

STUDIES = {
    **frankle_carbin.STUDIES,
    **frankle_carbin_deep.STUDIES,
    **zhou.STUDIES,
    **sreenivasan.STUDIES,
    **frankle.STUDIES,
    **frontier.STUDIES,
    **adnan.STUDIES,
    **arora_teuscher.STUDIES,
}
