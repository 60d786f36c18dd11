"""What version 0.1.0 called things on disk: names that are read for good."""

# In the folder of results: folders of what they were made of, such as copies
# of a network or a search, which are runs in shape but none to report.
PART_FOLDERS = (
    *("copies", "search"),
    *("weight_reinit", "mask_shuffle", "score_inversion"),
)
