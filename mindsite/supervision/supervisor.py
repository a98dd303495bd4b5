"""Keeps processes running until it is told to end: the end of one is said, and is the end of no other."""

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from mindsite.supervision.children import Child
from mindsite.supervision.instances import Instance, Record
from mindsite.supervision.output import Output
from mindsite.supervision.processes import groups_end

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

LOOK_EVERY_S = 1.0
ITSELF = "mindsite"


class Supervisor:
    """`look`: asked each second in a thread of its own, for what is no child (embedded servers). It may block."""

    def __init__(
        self,
        instance: Instance,
        children: Sequence[Child],
        output: Output,
        *,
        look: Callable[[Callable[[str], None]], None] = lambda say: None,
        port: int = 0,
        url: str = "",
    ) -> None:
        self._instance, self._children, self._output, self._look = instance, children, output, look
        self._record = Record(pid=os.getpid(), port=port, url=url)
        self._wake, self._waker = os.pipe()
        self._over = threading.Event()
        self._guard: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Until `end`, or the exception that a signal brings: Ctrl-C and SIGTERM are how this ends well."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            looking = threading.Thread(target=self._looks, daemon=True)
            looking.start()
            try:
                while not self._over.is_set():
                    self._start_due(selector)
                    for key, _ in selector.select(self._until_next()):
                        if isinstance(key.data, Child):
                            self._heard(selector, key.fileobj, key.data)
            except (KeyboardInterrupt, SystemExit):
                self.say("ending")
            finally:
                self._over.set()
                self._stop()
                looking.join(timeout=1)

    def end(self) -> None:
        """From any thread."""
        self._over.set()
        os.write(self._waker, b".")

    def say(self, text: str) -> None:
        self._output.line(ITSELF, text)

    def _start_due(self, selector: selectors.BaseSelector) -> None:
        now = time.monotonic()
        if self._guard is None or self._guard.poll() is not None:
            self._start_guard()
        for child in self._children:
            if child.due is not None and child.due <= now:
                child.start()
                assert child.process  # noqa: S101 - started
                selector.register(child.process.stdout, selectors.EVENT_READ, child)  # type: ignore[arg-type]
                selector.register(os.pidfd_open(child.process.pid), selectors.EVENT_READ, child)
                self._record.groups = [each.group for each in self._children if each.group]
                try:
                    self._record.write(self._instance.record)
                except OSError as error:
                    self.say(f"{self._instance.record} can't be written: {error.strerror}")

    def _until_next(self) -> float:
        waits = [child.due - time.monotonic() for child in self._children if child.due is not None]
        return max(0.0, min([*waits, 5.0]))  # the guard is looked after too

    def _heard(self, selector: selectors.BaseSelector, source: "FileDescriptorLike", child: Child) -> None:
        if child.process is None:
            return  # it was the other of its two
        is_pipe = not isinstance(source, int)
        for line in child.lines():
            self._output.line(child.name, line)
        if is_pipe and child.process.poll() is None:
            if child.silent:
                selector.unregister(source)
            return
        for key in [key for key in selector.get_map().values() if key.data is child]:
            selector.unregister(key.fileobj)
            if isinstance(key.fileobj, int):
                os.close(key.fileobj)
        self.say(f"{child.name} {child.ended()}")

    def _start_guard(self) -> None:
        words = [sys.executable, "-m", "mindsite.supervision.guard", self._instance.role, str(os.getpid())]
        self._guard = subprocess.Popen(  # noqa: S603 - our own words
            words, cwd=self._children[0].cwd, stdin=subprocess.PIPE, start_new_session=True
        )

    def _looks(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            try:
                self._look(self.say)
            except Exception as error:  # whatever it is, the next look may find it mended
                self.say(f"{type(error).__name__}: {error}; looking again in 10 s")
                self._over.wait(10)

    def _stop(self) -> None:
        groups = [child.group for child in self._children if child.group]
        groups_end(groups)
        for child in self._children:
            if child.process:
                for line in child.lines():
                    self._output.line(child.name, line)
                child.process.wait()
        if self._guard:
            self._guard.kill()
            self._guard.wait()
        with suppress(OSError):
            Record(port=self._record.port).write(self._instance.record)
