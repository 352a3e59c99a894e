"""Something open that several requests use: who closes it is the last of them, after it was retired."""

import threading
from contextlib import ExitStack
from typing import Generic, TypeVar

Held = TypeVar("Held")


class Lease(Generic[Held]):
    """Something open that several requests use; closed when it is retired and nobody does."""

    def __init__(self, held: Held, opened: ExitStack) -> None:
        self.held = held
        self._opened = opened
        self._users = 0
        self._retired = False
        self._lock = threading.Lock()

    def enter(self) -> bool:
        """Begin to use it; ``False`` when it is closed already."""
        with self._lock:
            if self._retired:
                return False
            self._users += 1
            return True

    def leave(self) -> None:
        """End using it."""
        with self._lock:
            self._users -= 1
            last = self._retired and not self._users
        if last:
            self._opened.close()

    def retire(self) -> None:
        """Nobody new may use it."""
        with self._lock:
            last = not self._retired and not self._users
            self._retired = True
        if last:
            self._opened.close()
