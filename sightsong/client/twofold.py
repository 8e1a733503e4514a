"""Calls as methods of both clients: written once, typed as each of them runs it.

A method of a class that both clients have as their base is a generator function (see `steps`).
Under `@Call` it is, of a `Client`, a method that returns the answer, and of an `AsyncClient` one
that is awaited; under `@Series`, one to go through with `for`, or with `async for`.
"""

import inspect
import types
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Coroutine,
    Generator,
    Iterator,
)
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, get_args, overload

from sightsong.client.awaiting import Awaiting
from sightsong.client.blocking import Blocking
from sightsong.client.steps import Flow, Steps

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Kind = type[Blocking] | type[Awaiting]


class _Twofold:
    """A method that each kind of client has in its own way."""

    def __init__(self, generator: Callable[..., Any]) -> None:
        self.__doc__ = generator.__doc__
        self._generator = generator
        self._methods: dict[_Kind, Callable[..., Any]] = {}

    def _of(self, client: object, kind: _Kind) -> Callable[..., Any]:
        """Give the method as a kind of client has it; bound, where there is a client."""
        if kind not in self._methods:
            method = self._made_for(kind)
            told = inspect.signature(self._generator)
            answer = self._answer(told.return_annotation, kind)
            # For `help` and the like: what the method returns, not what its steps are.
            vars(method)["__signature__"] = told.replace(return_annotation=answer)
            self._methods[kind] = method
        method = self._methods[kind]
        return method if client is None else types.MethodType(method, client)

    def _made_for(self, kind: _Kind) -> Callable[..., Any]:
        raise NotImplementedError

    def _answer(self, annotation: object, kind: _Kind) -> object:
        raise NotImplementedError


class Call(_Twofold, Generic[_P, _T]):
    """A call with one answer."""

    def __init__(self, steps: Callable[Concatenate[Any, _P], Steps[_T]]) -> None:
        super().__init__(steps)

    @overload
    def __get__(
        self, client: None, kind: type[Blocking]
    ) -> Callable[Concatenate[Blocking, _P], _T]: ...
    @overload
    def __get__(
        self, client: None, kind: type[Awaiting]
    ) -> Callable[Concatenate[Awaiting, _P], Coroutine[Any, Any, _T]]: ...
    @overload
    def __get__(self, client: Blocking, kind: type[Blocking]) -> Callable[_P, _T]: ...
    @overload
    def __get__(
        self, client: Awaiting, kind: type[Awaiting]
    ) -> Callable[_P, Coroutine[Any, Any, _T]]: ...
    def __get__(self, client: object, kind: _Kind) -> Callable[..., Any]:
        """Give the method as this kind of client has it."""
        return self._of(client, kind)

    def _made_for(self, kind: _Kind) -> Callable[..., Any]:
        return kind.performing(self._generator)

    def _answer(self, annotation: object, kind: _Kind) -> object:  # noqa: ARG002 - alike in both
        return get_args(annotation)[-1]


class Series(_Twofold, Generic[_P, _T]):
    """A call that hands out one thing after another."""

    def __init__(self, flow: Callable[Concatenate[Any, _P], Flow[_T]]) -> None:
        super().__init__(flow)

    @overload
    def __get__(
        self, client: None, kind: type[Blocking]
    ) -> Callable[Concatenate[Blocking, _P], Generator[_T, None, None]]: ...
    @overload
    def __get__(
        self, client: None, kind: type[Awaiting]
    ) -> Callable[Concatenate[Awaiting, _P], AsyncGenerator[_T, None]]: ...
    @overload
    def __get__(
        self, client: Blocking, kind: type[Blocking]
    ) -> Callable[_P, Generator[_T, None, None]]: ...
    @overload
    def __get__(
        self, client: Awaiting, kind: type[Awaiting]
    ) -> Callable[_P, AsyncGenerator[_T, None]]: ...
    def __get__(self, client: object, kind: _Kind) -> Callable[..., Any]:
        """Give the method as this kind of client has it."""
        return self._of(client, kind)

    def _made_for(self, kind: _Kind) -> Callable[..., Any]:
        return kind.telling(self._generator)

    def _answer(self, annotation: object, kind: _Kind) -> object:
        yielded = get_args(get_args(annotation)[0])  # commands, and items
        series: Any = Iterator if issubclass(kind, Blocking) else AsyncIterator
        return series[get_args(yielded[-1])]
