"""The frames of an explorable: as an author gives them, and laid out on the panels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ...core.errors import ArgumentError
from ..formula.numbers import brief
from ..formula.rich import heard
from .shapes import Shape

_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, eq=False)
class Scene:
    """All frames of an explorable for one choice of its pickers.

    Parameters
    ----------
    layers : sequence
        What the panels show: a list of layers for each panel. With one panel, its layers.
    frames : sequence
        The value of the axis at each frame: numbers, or texts as they are to be read.
    numbers : mapping
        Figures below the picture: a name, and one number or text for each frame.
    says : str or sequence of str
        One sentence for each frame, for everyone and above all for those who do not see the picture. A single one is a
        pattern in which ``{name}`` is replaced by the frame's number of that name, and ``{axis}`` by the value of the axis.

    Examples
    --------
    >>> from adlib.viz import Points
    >>> scene = Scene([Points([0], [0])], frames=[1, 10], numbers={"error": [0.5, 0.05]}, says="At {axis} it is {error}.")
    >>> len(scene.frames)
    2
    """

    layers: Sequence
    frames: Sequence
    numbers: Mapping[str, Sequence] = field(default_factory=dict)
    says: str | Sequence[str] = ""


class LaidOutScene:
    """A scene on its panels: shapes, and every number and sentence as text.

    ``shapes`` and ``layers`` have one list a panel, ``labels`` and ``sentences`` one text a frame, ``columns`` one list
    a number; ``tells_all`` is whether every sentence says all of its frame's. ``owner`` and ``where`` name the explorable and
    the scene in messages.
    """

    def __init__(self, scene: Scene, panels: Sequence, axis: str, owner: str, where: str) -> None:
        self._where = f"{where} of the explorable {owner!r}"
        self.count = len(scene.frames)
        if not self.count:
            raise ArgumentError(f"{self._where} has no frames; give the value of the axis at each")
        self.layers = self._by_panel(list(scene.layers), len(panels))
        self.shapes: list[list[Shape]] = [
            [shape for layer in group for shape in layer.shapes(panel)] for panel, group in zip(panels, self.layers)
        ]
        self.names = tuple(scene.numbers)
        says = [scene.says] if isinstance(scene.says, str) else [str(text) for text in scene.says]
        self._check_counts(scene.numbers, says)
        self.labels = [_shown(value) for value in scene.frames]
        self.columns = [[_shown(value) for value in values] for values in scene.numbers.values()]
        self.sentences = self._filled_in(says, heard(axis), owner)
        places = [set(_PLACE.findall(text)) for text in says]
        self.tells_all = all({*self.names} < named and named & {"axis", heard(axis)} for named in places)

    def _by_panel(self, layers: list, panels: int) -> list:
        if panels == 1 and not (layers and all(isinstance(group, Sequence) for group in layers)):
            layers = [layers]
        if len(layers) != panels:
            raise ArgumentError(
                f"{self._where} has layers for {len(layers)} panels, where there are {panels}; "
                "give one list of layers for each panel"
            )
        return layers

    def _check_counts(self, numbers: Mapping[str, Sequence], says: Sequence[str]) -> None:
        counts = [(f"the number {name!r}", len(values)) for name, values in numbers.items()]
        for shape in (shape for group in self.shapes for shape in group):
            counts += [(shape.source, count) for count in shape.counts]
        counts.append(("says", len(says)))
        for what, count in counts:
            stands_still = count == 1 and not what.startswith("the number")
            if count != self.count and not stands_still:
                raise ArgumentError(
                    f"{self._where} has {self.count} frames, but {what} has {count}; give one for each frame"
                )

    def _filled_in(self, says: Sequence[str], axis: str, owner: str) -> list[str]:
        """The sentence of each frame, its places filled with the frame's numbers."""
        known = {"axis", axis, *self.names}
        unknown = sorted({name for text in says for name in _PLACE.findall(text)} - known)
        if unknown:
            raise ArgumentError(
                f"the sentence of the explorable {owner!r} speaks of {unknown[0]!r}, which is no number of its scene; "
                f"there are {', '.join(sorted(known))}"
            )
        sentences = []
        for k, label in enumerate(self.labels):
            values = {"axis": label, axis: label} | {n: column[k] for n, column in zip(self.names, self.columns)}
            text = says[min(k, len(says) - 1)]
            sentences.append(_PLACE.sub(lambda match, values=values: values[match[1]], text))
        return sentences


def _shown(value) -> str:
    """A number as it is shown and said; texts stay as they are."""
    if isinstance(value, str):
        return value
    try:
        value = float(value)
    except (TypeError, OverflowError):
        value = np.nan
    if not np.isfinite(value):
        raise ArgumentError("a number shown by an explorable is not finite; write what to show instead, as text")
    return brief(value)
