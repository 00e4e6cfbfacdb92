use std::{fs, path::Path};

use base::Size;
use data::{Error, Limits, View, Window, query};
use table::{Column, Values};

use crate::support::*;

async fn run(view: &View, sql: &str) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    match query(sql, std::slice::from_ref(view), &out, &Limits::default()).await {
        Ok(_) => Ok(fs::read(out).unwrap()),
        Err(error) => {
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
            Err(error.to_string())
        }
    }
}

/// The rows of a query, as the next step would see them.
async fn rows(view: &View, sql: &str) -> Vec<Column> {
    let folder = Files::new();
    let view = folder.view("out.parquet", run(view, sql).await.unwrap()).await;
    data::table(&view, None, &Limits::default()).await.unwrap().columns().to_vec()
}

async fn flights() -> (Files, View) {
    let folder = Files::new();
    let view = folder.view_in("f.csv", FLIGHTS_CSV, window("departure", None, None)).await;
    (folder, view)
}

#[tokio::test]
async fn a_query_writes_its_rows_for_the_next_step() {
    let (_folder, view) = flights().await;
    let sql = "WITH flown AS (SELECT * FROM flights WHERE NOT cancelled)
               SELECT distance, delay > 0 AS late, date_part('hour', departure) AS hour FROM flown ORDER BY distance DESC";
    let expected = [
        Column::new("distance", Values::Number(vec![1576.0, 1400.0])),
        Column::new("late", Values::Boolean(vec![Some(false), Some(true)])),
        Column::new("hour", Values::Number(vec![9.0, 10.0])),
    ];
    assert_eq!(rows(&view, sql).await, expected);
}

#[tokio::test]
async fn times_compare_with_text_and_turn_into_local_time() {
    let (_folder, view) = flights().await;
    let sql = "SELECT date_part('hour', departure AT TIME ZONE 'America/New_York') AS hour FROM flights
               WHERE departure < '2013-01-01T10:30:00Z'";
    assert_eq!(rows(&view, sql).await, [Column::new("hour", Values::Number(vec![5.0]))]);
}

#[tokio::test]
async fn the_window_holds_in_queries_too() {
    let folder = Files::new();
    let bounded = window("departure", Some("2013-01-01T10:40:00Z"), None);
    let view = folder.view_in("f.csv", FLIGHTS_CSV, bounded).await;
    let counted = rows(&view, "SELECT count(*) AS n FROM flights").await;
    assert_eq!(counted, [Column::new("n", Values::Number(vec![2.0]))]);
}

#[tokio::test]
async fn views_join_under_their_names() {
    let (folder, view) = flights().await;
    let parts = vec![folder.part("c.csv", "carrier,airline\nUA,United\nAA,American\n")];
    let manifest = data::inspect(&parts, None, Window::default()).await.unwrap();
    let carriers = View { name: "carriers".to_owned(), parts, manifest };
    let out = folder.path().join("joined");
    let sql = "SELECT f.distance, c.airline FROM flights f JOIN carriers c ON f.carrier = c.carrier";
    let done = query(sql, &[view, carriers], &out, &Limits::default()).await.unwrap();
    assert_eq!(done.rows, 2);
}

#[tokio::test]
async fn the_same_query_writes_the_same_bytes() {
    let folder = Files::new();
    let mut csv = "key,value\n".to_owned();
    (0..20_000).for_each(|row| csv.push_str(&format!("{},{}\n", row * 7919 % 997, f64::from(row) / 3.0)));
    let view = folder.view("f.csv", csv).await;
    let sql = "SELECT key, avg(value) AS mean, count(*) AS n FROM flights GROUP BY key";
    assert_eq!(run(&view, sql).await.unwrap(), run(&view, sql).await.unwrap());
}

#[tokio::test]
async fn names_of_columns_are_taken_as_they_are_written() {
    let folder = Files::new();
    let view = folder.view("f.csv", "MedInc,median income\n1,2\n").await;
    let found =
        rows(&view, "SELECT MedInc, \"median income\" AS Income, COUNT(*) AS N FROM flights GROUP BY 1, 2")
            .await;
    let names: Vec<_> = found.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["MedInc", "Income", "N"]);
}

#[tokio::test]
async fn a_slip_in_a_name_is_met_with_the_name_that_was_meant() {
    let (_folder, view) = flights().await;
    let message = run(&view, "SELECT * FROM flight").await.unwrap_err();
    assert!(message.contains("no table `flight`; did you mean `flights`?"), "{message}");
    let message = run(&view, "SELECT carier FROM flights").await.unwrap_err();
    assert!(message.contains("carier") && message.contains("flights.carrier"), "{message}");
    let message = run(&view, "SELECT distance FRM flights x").await.unwrap_err();
    assert!(message.contains("Line: 1") && !message.contains("ParserError"), "{message}");
}

#[tokio::test]
async fn nothing_but_a_query_is_run() {
    let (folder, view) = flights().await;
    let target = folder.path().join("stolen.csv");
    let copy = format!("COPY (SELECT 1) TO '{}'", target.display());
    let statements = [
        "CREATE TABLE x AS SELECT 1 AS a",
        "CREATE EXTERNAL TABLE x STORED AS CSV LOCATION '/etc/passwd'",
        "INSERT INTO flights SELECT * FROM flights",
        "SELECT 1; SELECT 2",
        "SET datafusion.execution.batch_size = 1",
        "SHOW TABLES",
        "DROP TABLE flights",
        "EXPLAIN SELECT 1",
        "SELECT 1 AS a INTO x",
        "WITH x AS (SELECT 1) INSERT INTO flights SELECT * FROM x",
        copy.as_str(),
        "",
    ];
    for sql in statements {
        let message = run(&view, sql).await.expect_err(sql);
        assert!(message.starts_with("the SQL query failed: "), "{sql}: {message}");
    }
    assert!(!Path::new(&target).exists());
}

#[tokio::test]
async fn a_query_cannot_open_a_file() {
    let (folder, view) = flights().await;
    let own = folder.path().join("own.csv");
    fs::write(&own, "a\n1\n").unwrap();
    let own = own.display();
    for table in
        ["'/etc/passwd'".to_owned(), format!("'{own}'"), format!("\"{own}\""), format!("read_csv('{own}')")]
    {
        run(&view, &format!("SELECT * FROM {table}")).await.expect_err(&table);
    }
    run(&view, "SELECT * FROM information_schema.tables").await.unwrap_err();
    run(&view, "SELECT (SELECT count(*) FROM '/etc/passwd') FROM flights").await.unwrap_err();
}

#[tokio::test]
async fn a_query_whose_answer_changes_by_itself_is_refused() {
    let (_folder, view) = flights().await;
    for call in ["random()", "now()", "current_date"] {
        let message = run(&view, &format!("SELECT {call} AS x FROM flights")).await.unwrap_err();
        assert!(message.contains("another answer each time"), "{message}");
    }
}

#[tokio::test]
async fn two_columns_of_one_name_are_refused_before_anything_is_written() {
    let (_folder, view) = flights().await;
    let message = run(&view, "SELECT a.distance, b.distance FROM flights a, flights b").await.unwrap_err();
    assert!(message.contains("called `distance`; rename one with AS"), "{message}");
}

#[tokio::test]
async fn a_failing_row_fails_the_query_and_leaves_nothing() {
    let (_folder, view) = flights().await;
    let message = run(&view, "SELECT CAST(carrier AS INT) AS n FROM flights").await.unwrap_err();
    assert!(message.contains("UA"), "{message}");
}

#[tokio::test]
async fn a_bad_file_found_by_a_query_is_named_as_everywhere() {
    let (_folder, view) = flights().await;
    fs::write(&view.parts[0].path, "carrier,distance,departure,cancelled,delay\nUA,far,2013-01-01,false,1\n")
        .unwrap();
    let message = run(&view, "SELECT max(distance) AS far FROM flights").await.unwrap_err();
    assert!(message.starts_with("f.csv:2: column `distance`: `far`"), "{message}");
}

/// Sorts 36 MB of text with so much memory.
async fn sorted(folder: &Files, megabytes: u64) -> Result<u64, Error> {
    let mut csv = "key,pad\n".to_owned();
    (0..60_000_u64).for_each(|row| csv.push_str(&format!("{},{:0>600}\n", row * 48_271 % 65_537, row)));
    let view = folder.view("f.csv", csv).await;
    let limits = Limits { memory: Size::bytes(megabytes << 20), spill: Some(folder.path().join("spill")) };
    let out = folder.path().join("sorted");
    Ok(query("SELECT key, pad FROM flights ORDER BY key, pad", &[view], &out, &limits).await?.rows)
}

#[tokio::test]
async fn a_sort_larger_than_the_memory_goes_to_disk() {
    assert_eq!(sorted(&Files::new(), 24).await.unwrap(), 60_000);
}

#[tokio::test]
async fn a_query_that_cannot_do_with_the_memory_says_so() {
    let message = sorted(&Files::new(), 1).await.unwrap_err().to_string();
    assert!(message.contains("more memory than is allowed"), "{message}");
}
