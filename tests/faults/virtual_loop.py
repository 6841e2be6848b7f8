"""An event loop without a world: its time jumps to whatever is next, and it reaches no thread.

What runs in it is divided into lives, one of them for each start of a server. When a life is
ended, nothing of it is run any more, not even a `finally`: that is what `kill -9` does.
"""

import asyncio
import contextvars
import selectors
from collections.abc import Callable, Coroutine, Generator, Mapping
from concurrent.futures import Executor
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final, NewType, TypeVar, TypeVarTuple
from weakref import WeakSet

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

Life = NewType("Life", int)

NOBODY: Final = Life(0)
"""The life that is never ended: of the simulation itself, and of the clients."""
_LIFE: Final[contextvars.ContextVar[Life]] = contextvars.ContextVar("life", default=NOBODY)
_LONGEST_WORK: Final = 0.004
"""Seconds for which what is given to a thread may keep somebody waiting."""


class NothingLeft(Exception):
    """Everybody waits for somebody else, and no timer runs."""


class _Timeline(selectors.BaseSelector):
    """Takes the place of the sockets: nothing comes from outside, so time can jump."""

    def __init__(self) -> None:
        self.now = 0.0
        self._keys: dict[object, selectors.SelectorKey] = {}

    def register(
        self, fileobj: "FileDescriptorLike", events: int, data: object = None
    ) -> selectors.SelectorKey:
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        key = selectors.SelectorKey(fileobj, number, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: object) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            message = f"after {self.now:.3f} seconds everybody waits, and for nothing"
            raise NothingLeft(message)
        self.now += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def close(self) -> None:
        self._keys.clear()


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop in which the same program does the same again; `chance` says how long threads take."""

    def __init__(self, chance: Random) -> None:
        self._timeline = _Timeline()
        super().__init__(self._timeline)
        self._chance = chance
        self._lives = 0
        self._ended: set[Life] = set()
        self._tasks: dict[Life, WeakSet[asyncio.Task[Any]]] = {NOBODY: WeakSet()}
        self._left: list[asyncio.Task[Any]] = []
        self._not_done: list[Callable[[], object]] = []

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._timeline.now

    def begin_life(self, life_of: Coroutine[Any, Any, T]) -> tuple[Life, asyncio.Task[T]]:
        """Run something, and whatever comes of it, in a life of its own."""
        self._lives += 1
        life = Life(self._lives)
        self._tasks[life] = WeakSet()
        context = contextvars.copy_context()
        context.run(_LIFE.set, life)
        return life, self.create_task(life_of, context=context)

    def end_life(self, life: Life) -> None:
        """Run nothing of this life any more; who calls it out of that life goes on to an await."""
        if life not in self._ended:
            self._ended.add(life)
            self._left += [task for task in self._tasks[life] if not task.done()]

    async def bury(self) -> None:
        """Let whatever is left, of ended lives too, come to its end, so that it can be collected.

        Tasks are cancelled, after whatever they wait for; look at nothing behind this.
        """
        self._ended.clear()
        for callback in self._not_done:
            self.call_soon(callback)
        self._not_done.clear()
        me = asyncio.current_task()
        left = [task for tasks in self._tasks.values() for task in tasks]
        left = [task for task in left if task is not me and not task.done()]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
        self._left.clear()
        await self.shutdown_asyncgens()

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        task = super().create_task(coro, name=name, context=context)
        self._tasks[_LIFE.get() if context is None else context.get(_LIFE, NOBODY)].add(task)
        return task

    def call_soon(
        self,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        life = _LIFE.get() if context is None else context.get(_LIFE, NOBODY)
        if life is NOBODY:
            return super().call_soon(callback, *args, context=context)
        return super().call_soon(self._alive, life, callback, args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Ts], object],
        *args: *Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        life = _LIFE.get() if context is None else context.get(_LIFE, NOBODY)
        if life is NOBODY:
            return super().call_at(when, callback, *args, context=context)
        return super().call_at(when, self._alive, life, callback, args, context=context)

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Do the work here, while others wait for it in vain.

        Of the many threads of a pool nobody knows which is when at work; an executor of somebody's
        own has one thread, and does what it is given in order: so it is done at once.
        """
        done: asyncio.Future[T] = self.create_future()
        delay = self._chance.uniform(0.0, _LONGEST_WORK)
        if executor is None:
            self.call_later(delay, _work, done, func, args)
        else:
            finished: asyncio.Future[T] = self.create_future()
            _work(finished, func, args)
            self.call_later(delay, _pass_on, finished, done)
        return done

    def _alive(self, life: Life, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        if life in self._ended:
            run = contextvars.copy_context().run
            self._not_done.append(partial(run, callback, *args))
        else:
            callback(*args)


def _work(done: asyncio.Future[T], func: Callable[[*Ts], T], args: tuple[*Ts]) -> None:
    try:
        result = func(*args)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is for who waits
        if not done.cancelled():
            done.set_exception(error)
    else:
        if not done.cancelled():
            done.set_result(result)


def _pass_on(finished: asyncio.Future[T], done: asyncio.Future[T]) -> None:
    if done.cancelled():
        finished.exception()
    elif error := finished.exception():
        done.set_exception(error)
    else:
        done.set_result(finished.result())
