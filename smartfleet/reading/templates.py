"""Compiles a template once for all hosts: Ansible has a template environment for each, which shares nothing.

What a template compiles to depends on its text and on how it is read, never on variables: constants are not folded
(`optimized` is off in Ansible's environments).
"""

from __future__ import annotations

import contextlib
import functools
import threading
from typing import Any

from smartfleet.reading.kept import Kept

_MOST = 512


def compile_once() -> None:
    """For this process. An ansible-core whose templates have another shape is left alone."""
    with contextlib.suppress(ImportError):
        # templates have no public name
        from ansible._internal._templating._jinja_bits import (  # noqa: PLC0415
            AnsibleEnvironment,
            _TemplateCompileContext,
        )

        _Compiling(_TemplateCompileContext).replace(AnsibleEnvironment)


class _Compiling:
    """What stands for two of an environment's methods, which ansible-core inherits from Jinja.

    `ways`: ansible-core's class for how a text is read.
    """

    def __init__(self, ways: Any) -> None:  # noqa: ANN401 - ansible-core ships no types
        self._ways = ways
        self._kept: Kept[Any] = Kept(_MOST)
        # Jinja makes a tree of an expression before it has that compiled
        self._now = threading.local()

    def replace(self, environments: Any) -> None:  # noqa: ANN401 - as above
        environments.compile = self._keeping(environments.compile)
        environments.compile_expression = self._noting(environments.compile_expression)

    def _keeping(self, compiling: Any) -> Any:  # noqa: ANN401 - as above
        @functools.wraps(compiling)
        def compiled(environment: Any, source: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
            def make() -> Any:  # noqa: ANN401 - as above
                return compiling(environment, source, *rest, **named)

            is_text = isinstance(source, str)
            text = source if is_text else getattr(self._now, "expression", None)
            # files have names; an overlay reads templates in another way; who debugs templates wants each
            if rest or named or text is None or environment.overlayed or _is_debugged(environment):
                return make()
            way = self._ways.current(optional=True)
            return self._kept.of((is_text, str(text), way and way.escape_backslashes), make)

        return compiled

    def _noting(self, compiling: Any) -> Any:  # noqa: ANN401 - as above
        @functools.wraps(compiling)
        def compiled(environment: Any, source: Any, *rest: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
            self._now.expression = source
            try:
                return compiling(environment, source, *rest, **named)
            finally:
                self._now.expression = None

        return compiled


def _is_debugged(environment: Any) -> bool:  # noqa: ANN401 - as above
    """By Ansible's own switch."""
    return bool(getattr(environment, "_debuggable_template_source", True))
