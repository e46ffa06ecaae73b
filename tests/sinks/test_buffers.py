"""Large buffers are used again."""

import platform
import subprocess
import sys

import pytest

MANY = """
import resource, sys
from sinks.buffers import keep_buffers
if sys.argv[1] == "kept": keep_buffers()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20): bytes(b"x" * 8) * (5 * 1024 * 1024)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    return int(subprocess.run([sys.executable, "-c", MANY, how], capture_output=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_a_buffer_that_was_freed_costs_no_new_pages():
    assert faults("kept") < faults("given back") / 4
