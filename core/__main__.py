"""`hearmap`, and `python -m core`: the command line, which Ctrl-C ends in one line at any moment.

Only what is quick to import is imported before Ctrl-C is taken care of.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
from typing import Any, NoReturn

STOPPED = 130
SENTENCE = b"hearmap: stopped; nothing half-done was saved.\n"


class Interrupts:
    """What Ctrl-C does: at first it raises KeyboardInterrupt, where that is heard.

    While the program is being imported, where no error is heard, and the second time it ends the
    process at once: what is saved is there whole or not at all.
    """

    def __init__(self) -> None:
        self.asked = False

    def take(self) -> None:
        """End the process at once from now on, unless the shell has Ctrl-C ignored."""
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self.end)
            sys.unraisablehook = self._unraisable

    def raise_from_now_on(self) -> None:
        """Raise KeyboardInterrupt, so that what is begun is cleared away."""
        if signal.getsignal(signal.SIGINT) == self.end:
            signal.signal(signal.SIGINT, self._raise)

    def leave(self) -> None:
        """Let nothing disturb the end of the process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def end(self, *_: object) -> NoReturn:
        """End the process.

        Args:
            *_: what a handler of signals is given.
        """
        if not self.asked:
            os.write(2, SENTENCE)
        os._exit(STOPPED)

    def _raise(self, *_: object) -> None:
        if self.asked:
            self.end()
        self.asked = True
        raise KeyboardInterrupt

    def _unraisable(self, unraisable: Any) -> None:
        # Such as in the functions through which libsndfile reads a file of ours.
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            self.asked = False
            self.end()
        sys.__unraisablehook__(unraisable)


def main() -> int:
    """Run the command line.

    Returns:
        The exit status.
    """
    interrupts = Interrupts()
    interrupts.take()
    from core.cli import main as run

    try:
        interrupts.raise_from_now_on()
        status = run()
    except KeyboardInterrupt:
        status = STOPPED
        os.write(2, SENTENCE)
    except Exception:
        # A library may make another error of it.
        if not interrupts.asked:
            raise
        status = STOPPED
        os.write(2, SENTENCE)
    interrupts.leave()
    if status == STOPPED:
        # Python itself ends by the signal, and not with this status, where it passed through C.
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        atexit._run_exitfuncs()
        os._exit(STOPPED)
    return status


if __name__ == "__main__":
    sys.exit(main())
