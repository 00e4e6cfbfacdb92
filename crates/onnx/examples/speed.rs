use std::time::Instant;
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let model = onnx::Model::load(&std::fs::read(&path).unwrap()).unwrap();
    let columns = model.inputs()[0].columns.unwrap();
    let name = model.inputs()[0].name.clone();
    for rows in [1usize, 8, 100, 1000] {
        let mut state = 12345u64;
        let values: Vec<f32> = (0..rows * columns)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                ((state >> 40) as f32 / (1u64 << 23) as f32 - 1.0) * 2.0
            })
            .collect();
        let tensor = onnx::Tensor::floats([rows, columns], values);
        let repeats = 20000 / rows + 20;
        let mut best = f64::MAX;
        for _ in 0..5 {
            let start = Instant::now();
            for _ in 0..repeats {
                std::hint::black_box(model.run(vec![(name.clone(), tensor.clone())]).unwrap());
            }
            best = best.min(start.elapsed().as_secs_f64() / repeats as f64);
        }
        println!("{rows} rows: {:.2} us, {:.0} rows/s", best * 1e6, rows as f64 / best);
    }
}
