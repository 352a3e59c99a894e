"""Processes that help another one and are not left behind by it."""

import os
import signal
import subprocess
import sys

from projectors.children import start_child

WITHIN_S = 30.0
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
"""
CHILD = """
import sys, threading
from projectors.children import end_with_parent
end_with_parent()
sys.stdout.write("up\\n")
sys.stdout.flush()
threading.Event().wait()
"""


def test_a_child_ends_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, CHILD], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        lines = {parent.stdout.readline(), parent.stdout.readline()}
        assert "up\n" in lines
        parent.send_signal(signal.SIGKILL)
        assert parent.stdout.read() == ""  # the last one who could write there is gone


def test_a_child_holds_on_to_the_end_of_a_pipe_that_its_parent_keeps() -> None:
    with start_child(["--help"], told=True) as child:
        assert child.stdin is not None
        assert not os.get_inheritable(child.stdin.fileno())
        said, _ = child.communicate(timeout=WITHIN_S)
    assert b"run" in said
