use data::profile;
use table::Kind;

use crate::support::*;

#[tokio::test]
async fn a_profile_counts_missing_different_and_frequent_values() {
    let folder = Files::new();
    let csv = "id,carrier,delay,at,empty\n1,UA,1.5,2013-01-02,\n2,AA,,2013-01-01,\n3,UA,-3,,\n";
    let found = profile(&folder.view("f.csv", csv).await).await.unwrap();
    assert_eq!(found.rows, 3);
    let [id, carrier, delay, at, empty] = &found.columns[..] else { panic!("five columns") };
    assert_eq!((id.distinct, id.integer, id.nulls), (3, true, 0));
    assert_eq!((id.min.as_deref(), id.max.as_deref()), (Some("1"), Some("3")));
    assert_eq!(carrier.top, [("UA".to_owned(), 2), ("AA".to_owned(), 1)]);
    assert_eq!((delay.nulls, delay.integer, delay.min.as_deref()), (1, false, Some("-3")));
    assert_eq!((at.info.kind, at.min.as_deref()), (Some(Kind::Time), Some("2013-01-01T00:00:00Z")));
    assert_eq!((empty.nulls, empty.distinct, empty.info.kind), (3, 0, None));
}

#[tokio::test]
async fn many_different_values_are_counted_without_being_listed() {
    let folder = Files::new();
    let csv = (0..12_000).fold("id\n".to_owned(), |csv, row| format!("{csv}k{row}\n"));
    let found = profile(&folder.view("f.csv", csv).await).await.unwrap();
    let id = &found.columns[0];
    assert_eq!((id.distinct, id.distinct_is_exact, id.top.len()), (12_000, true, 0));
}
