"""Both agents under load while workers and their broker are killed, frozen and replaced: the topics equal those of an undisturbed run.

Two workers, at least 150,000 events, and each fault of `streams_faults.py` three times. What is compared, and what is left out, is said in `streams_compare.py`.
"""


def run() -> bool:
    """Torment two workers for all rounds, print and record; False when a topic or a state differs."""
    raise NotImplementedError
