use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

/// The standard normal distribution function.
pub fn normal_cdf(value: f64) -> f64 {
    standard().cdf(value)
}

/// The value below which a standard normal variable falls with this probability, in (0, 1).
pub fn normal_quantile(probability: f64) -> f64 {
    standard().inverse_cdf(probability)
}

/// The same for Student's t with this many degrees of freedom, at least 1.
pub fn student_quantile(probability: f64, degrees: f64) -> f64 {
    let student = StudentsT::new(0.0, 1.0, degrees.max(1.0)).expect("one degree of freedom is enough");
    let mut value = student.inverse_cdf(probability);
    // The library's inverse is good to about 1e-9; Newton's steps take it to rounding.
    for _ in 0..2 {
        let step = (student.cdf(value) - probability) / student.pdf(value);
        if step.is_finite() {
            value -= step;
        }
    }
    value
}

fn standard() -> Normal {
    Normal::new(0.0, 1.0).expect("the standard normal exists")
}
