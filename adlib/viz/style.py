"""One look for every figure: sizes, lines and colours.

A figure is an SVG on a white card, so it is crisp at any zoom, prints as it stands and reads the same on
a light and on a dark page. It is made for a column 350 px wide: at the widest, text is 9 px high there.
"""

from __future__ import annotations

WIDEST = 6.4  # inches

# By what a colour stands for: hues after Okabe and Ito, which readers with any common colour blindness can tell apart, made
# dark enough to be seen: a line has 3:1 at least on the page in light and in dark, and all but highlight and light, which
# are not for words, 4.5:1. Line style or marker says the same again.
COLOURS = {
    "value": "#222222",
    "forward": "#0072B2",
    "reverse": "#C24A00",
    "neutral": "#737373",
    "highlight": "#A88C00",
    "good": "#007F5C",
    "other": "#A9569A",
    "light": "#7C86D6",
}

# A method has one colour in the whole book, in figures and in explorables.
METHODS = {
    "gradient descent": "forward",
    "forward mode": "forward",
    "two-point": "reverse",
    "reverse mode": "reverse",
    "Nelder–Mead": "other",
    "L-BFGS": "good",
    "finite differences": "highlight",
    "COBYQA": "neutral",
    "theory": "neutral",
}

_STYLE = {
    "figure.figsize": (5.2, 3.2),
    "figure.dpi": 96,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "white",
    "savefig.dpi": 192,
    "svg.fonttype": "path",
    "svg.hashsalt": "adlib",
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "mathtext.fontset": "cm",
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 12,
    "axes.labelcolor": COLOURS["value"],
    "axes.edgecolor": COLOURS["neutral"],
    "axes.linewidth": 0.9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": "#E3E3E3",
    "grid.linewidth": 0.8,
    "xtick.color": COLOURS["neutral"],
    "xtick.labelcolor": COLOURS["value"],
    "xtick.labelsize": 11.5,
    "ytick.color": COLOURS["neutral"],
    "ytick.labelcolor": COLOURS["value"],
    "ytick.labelsize": 11.5,
    "legend.fontsize": 11.5,
    "legend.frameon": False,
    "lines.linewidth": 2.0,
    "lines.markersize": 6,
    "image.cmap": "cividis",
}


def use_style() -> None:
    """Gives every later figure the book's look, and in a notebook has figures shown as SVG.

    It changes ``matplotlib.rcParams``; nothing else is kept.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     use_style()
    ...     matplotlib.rcParams["font.size"]
    12.0
    """
    import matplotlib
    from cycler import cycler

    order = ["forward", "reverse", "good", "highlight", "other", "light", "value"]
    lines = ["-", "--", "-.", ":", "-", "--", "-."]
    matplotlib.rcParams.update(_STYLE)
    matplotlib.rcParams["axes.prop_cycle"] = cycler(color=[COLOURS[role] for role in order]) + cycler(linestyle=lines)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:
        return
    if get_ipython() is not None:
        # No date in the file: the same figure gives the same bytes.
        set_matplotlib_formats("svg", metadata={"Date": None})


def figure(width: float = 5.2, height: float = 3.2, **subplots):
    """A figure in the book's style.

    Parameters
    ----------
    width, height : float
        In inches.
    **subplots
        Go to ``matplotlib.pyplot.subplots``.

    Returns
    -------
    Figure, Axes
        As ``matplotlib.pyplot.subplots`` returns them.

    Raises
    ------
    ValueError
        When wider than 6.4 inches: the text could not be read on a phone.

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     fig, ax = figure(4, 3)
    >>> print(fig.get_size_inches())
    [4. 3.]
    """
    if width > WIDEST:
        raise ValueError(f"A figure is at most {WIDEST} inches wide, to be read on a phone; got {width}.")
    use_style()
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), **subplots)


def label(ax, x: str, y: str, title: str = "") -> None:
    """Names both axes, with their units, and the figure if it needs a name.

    Parameters
    ----------
    ax : Axes
    x, y, title : str

    Examples
    --------
    >>> import matplotlib
    >>> with matplotlib.rc_context():
    ...     fig, ax = figure()
    >>> label(ax, "step length", "error")
    >>> ax.get_xlabel()
    'step length'
    """
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if title:
        ax.set_title(title)
