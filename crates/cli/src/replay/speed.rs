use std::{str::FromStr, time::Duration};

use base::Span;

/// How much event time goes by in a second of real time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    /// As fast as the endpoint answers.
    Unlimited,
    /// This many microseconds of event time a second.
    MicrosPerSecond(f64),
}

impl Speed {
    /// How long after the start something is due that happened this long after the first row.
    pub(crate) fn due(self, micros: i64) -> Duration {
        match self {
            Self::Unlimited => Duration::ZERO,
            Self::MicrosPerSecond(pace) => Duration::from_secs_f64((micros.max(0) as f64 / pace).min(1e12)),
        }
    }
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!("`{text}` is not a speed; write event time a second, such as 7d/s or 1h/s, or 1x, or max")
        };
        if text == "max" {
            return Ok(Self::Unlimited);
        }
        let micros = if let Some(times) = text.strip_suffix('x') {
            times.parse::<f64>().map_err(|_| wrong())? * 1e6
        } else {
            let span: Span = text.strip_suffix("/s").and_then(|span| span.parse().ok()).ok_or_else(wrong)?;
            span.get().as_micros() as f64
        };
        if micros.is_finite() && micros > 0.0 { Ok(Self::MicrosPerSecond(micros)) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Speed;

    #[test]
    fn a_week_goes_by_in_a_second() {
        let speed: Speed = "7d/s".parse().unwrap();
        assert_eq!(speed.due(14 * 86_400_000_000), Duration::from_secs(2));
        assert_eq!("2x".parse::<Speed>().unwrap().due(1_000_000), Duration::from_millis(500));
        assert_eq!("max".parse::<Speed>().unwrap().due(i64::MAX), Duration::ZERO);
    }

    #[test]
    fn what_is_no_speed_is_refused_with_an_example() {
        for text in ["", "7d", "fast", "0x", "-1x", "0s/s", "NaNx", "7w/s"] {
            assert!(text.parse::<Speed>().unwrap_err().contains("7d/s"), "{text}");
        }
    }
}
