"""Silence another extension, in whole or for one event."""

from __future__ import annotations

from sphinx.application import Sphinx


def disconnect(app: Sphinx, module: str, event: str | None = None) -> None:
    """Disconnect the listeners that ``module`` and its submodules have registered, for ``event`` or for all events."""
    for name, listeners in app.events.listeners.items():
        if event not in (None, name):
            continue
        for listener in list(listeners):
            if f"{listener.handler.__module__}.".startswith(f"{module}."):
                app.disconnect(listener.id)
