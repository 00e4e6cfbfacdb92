mod common;
#[test]
fn timing() {
    let mut p = common::binary(60_000, 1.0, Some(1.0), 1);
    let col = |k: usize| gate::Slice { column: format!("c{k}"), values: (0..60_000usize).map(|r| (r * 7919 % k).to_string()).collect() };
    let t = common::binary_terms(stats::Metric::LogLoss, 0.005);
    let s = std::time::Instant::now();
    gate::judge(&t, &p).unwrap();
    println!("judge, no slices {:?}", s.elapsed());
    p.slices = vec![col(16), col(3)];
    let s = std::time::Instant::now();
    gate::judge(&t, &p).unwrap();
    println!("judge, two slice columns {:?}", s.elapsed());
    let _ = (common::regression(1,1.0,1.0,1), common::terms(stats::Task::Binary));
}
