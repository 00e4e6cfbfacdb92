"""Makes flights.csv, the small real data set of the tests of causes; README.md says what it holds.

    python3 -m venv venv && venv/bin/pip install duckdb
    venv/bin/python make_flights.py ../../../../examples/flights/flights.parquet flights.csv
"""

import sys

import duckdb

source, target = sys.argv[1:]

# A row's turn is decided by its flight number's hash, so that the same rows are drawn again.
duckdb.sql(f"""
COPY (
    WITH arrived AS (
        SELECT *, md5(flight_id::VARCHAR) AS turn, scheduled_departure >= '2013-04-01' AS later
        FROM '{source}'
        WHERE arr_delay IS NOT NULL AND scheduled_departure < '2013-08-01'
    ),
    drawn AS (
        SELECT *, row_number() OVER (PARTITION BY later ORDER BY turn) AS place FROM arrived
    )
    SELECT
        (epoch(scheduled_departure) - epoch(TIMESTAMP '2013-01-01'))::BIGINT // 3600 AS hour,
        departure_minute,
        scheduled_minutes,
        carrier,
        origin,
        distance,
        round(temp)::INT AS temp,
        round(dewp)::INT AS dewp,
        round(wind_speed)::INT AS wind_speed,
        round(pressure)::INT AS pressure,
        round(visib)::INT AS visib,
        (arr_delay > 15)::INT AS late
    FROM drawn
    WHERE place <= CASE WHEN later THEN 2400 ELSE 7000 END
    ORDER BY scheduled_departure, flight_id
) TO '{target}' (HEADER, DELIMITER ',')
""")
